"""Helpers that erase an account: by the server's own job, or by one hook of a module."""

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.accounts_module.services.erasure import request_erasure
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import now
from app.services.context import work_context
from app.utils.container import Container
from tests.fakers import FakeClient, eventually


async def begin(container: Container, user: FakeClient, messages: Erasure = "keep") -> None:
    async with open_unit_of_work(container.get(Database)) as work:
        await request_erasure(work, container.get(Jobs), user.username, messages)


async def erase(container: Container, connection: Connection, user: FakeClient, messages: Erasure = "keep") -> None:
    await begin(container, user, messages)
    await until_done(connection)


async def until_done(connection: Connection) -> None:
    async def is_done() -> bool:
        return bool(await connection.fetchval("SELECT count(*) = 0 FROM job WHERE name = 'accounts.erase'"))

    await eventually(is_done, 30)


async def erase_row_by_row(container: Container, hook: AccountHook, user: FakeClient, calls: int) -> list[bool]:
    """Calls a hook so often, each time for one row. Returns what each call says: True if rows are left."""
    left = []
    for _ in range(calls):
        async with open_unit_of_work(container.get(Database)) as work:
            left.append(await hook.erase(await work_context(work, container, now()), user.uuid, "keep", 1))
    return left
