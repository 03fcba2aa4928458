"""A session that has ended leaves no key behind: neither by a slow request, nor by one that waits for the end."""

import asyncio
from collections.abc import AsyncIterator

from app.adapters.db.connection import Connection
from tests.fakers import API, FakeClient, eventually, ok, problem

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
    anna: FakeClient, connection: Connection
) -> None:
    """So does the new owner of an account end all sessions, for example."""
    phone = await anna.another_device().sign_in()

    async def waits() -> bool:
        return bool(await connection.fetchval("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"))

    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", anna.uuid)
        creating = asyncio.create_task(phone.post(PATH, {"name": "late", "scopes": ["chats:read"]}))
        await eventually(waits, 20)
        await connection.execute("UPDATE auth_session SET revoked_at = now() WHERE account_id = $1", anna.uuid)
    problem(await creating, 401, "unauthenticated")
    assert await connection.fetch("SELECT FROM api_key") == []
