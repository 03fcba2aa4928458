"""What the operator changes at an account that is erased at the same time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.accounts_module.errors import AccountNotFound
from app.modules.accounts_module.services import administration
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.streams_module.services.log import Log
from app.settings.auth_settings import AuthSettings
from app.utils.container import Container
from app.utils.module import Modules
from tests.fakers import FakeClient
from tests.waiting import until_waiting

Change = Callable[[UnitOfWork, Log, Modules, str], Awaitable[object]]


def change_email(work: UnitOfWork, log: Log, modules: Modules, login: str) -> Awaitable[object]:
    return administration.change_email(work, log, modules, login, "anna@new.example.com")


def reset_password(work: UnitOfWork, log: Log, modules: Modules, login: str) -> Awaitable[object]:
    return administration.reset_password(work, log, modules, Passwords(AuthSettings()), login, "staple of the house")


@pytest.mark.parametrize("change", [change_email, reset_password])
async def test_an_account_that_is_erased_meanwhile_gets_neither_an_address_nor_a_password(
    anna: FakeClient, container: Container, connection: Connection, change: Change
) -> None:
    async def run() -> None:
        async with open_unit_of_work(container.get(Database)) as work:
            await change(work, Log(MemoryBus()), container.get(Modules), anna.username)

    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", anna.uuid)
        changing = asyncio.create_task(run())
        await until_waiting(container, 1)
        await connection.execute(
            "UPDATE account SET erased_at = now(), email = NULL, email_key = NULL, password_hash = NULL WHERE id = $1",
            anna.uuid,
        )
    with pytest.raises(AccountNotFound):
        await changing
    erased = await connection.fetch("SELECT email, password_hash FROM account WHERE id = $1", anna.uuid)
    assert [tuple(row) for row in erased] == [(None, None)]
