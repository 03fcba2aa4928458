"""Sessions and accounts that have ended leave no key behind: in a slow request, in one that waits, or in a process."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.tests.erasing import erase
from app.modules.keys_module.services import KEYS
from app.modules.keys_module.tests.keys import create_key
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import API, FakeClient, eventually, ok, problem
from tests.waiting import until_waiting

PATH = "/accounts/me/keys"


async def test_a_session_that_ends_while_its_request_arrives_creates_no_key(anna: FakeClient) -> None:
    phone = await anna.another_device().sign_in()

    async def body() -> AsyncIterator[bytes]:
        yield b'{"name": "late", '
        assert (await phone.post("/accounts/sign-out")).status_code == 204
        yield b'"scopes": ["chats:read"]}'

    headers = {**phone.headers, "Content-Type": "application/json"}
    problem(await phone.http.post(f"{API}{PATH}", headers=headers, content=body()), 401, "unauthenticated")
    assert ok(await anna.get(PATH))["items"] == []


async def test_a_session_that_ends_before_its_request_has_the_lock_creates_no_key(
    anna: FakeClient, container: Container, connection: Connection
) -> None:
    """So does the new owner of an account end all sessions, for example."""
    phone = await anna.another_device().sign_in()

    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", anna.uuid)
        creating = asyncio.create_task(phone.post(PATH, {"name": "late", "scopes": ["chats:read"]}))
        await until_waiting(container, 1)
        await connection.execute("UPDATE auth_session SET revoked_at = now() WHERE account_id = $1", anna.uuid)
    problem(await creating, 401, "unauthenticated")
    assert await connection.fetch("SELECT FROM api_key") == []


@pytest.mark.usefixtures("erasing_at_once")
async def test_a_process_that_was_cut_off_forgets_the_keys_of_an_account_that_was_erased_meanwhile(
    anna: FakeClient,
    settings: Settings,
    container: Container,
    connection: Connection,
    database_address: DatabaseAddress,
) -> None:
    key = await create_key(anna)
    async with Database(database_address).connected() as database:
        # It refreshes only when it is asked, as a process that was frozen.
        revocations = Revocations(database, MemoryBus(), settings.auth.access_lifetime, [KEYS])
        authenticator = Authenticator(settings.auth, database, revocations, [KEYS], container)
        await authenticator.identify(key["key"])
        await erase(container, connection, anna)
        assert await connection.fetch("SELECT FROM api_key") == []

        async def is_stale() -> bool:
            return not revocations.are_known

        await eventually(is_stale)
        with pytest.raises(InvalidToken):
            await authenticator.identify(key["key"])
