"""Ended sessions and failed sign-ins are deleted after some time."""

from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.db.database import Database
from app.modules.accounts_module.services import housekeeping
from app.modules.accounts_module.services.housekeeping import clean_up
from tests.fakers import FakeClient, ok
from tests.servers import ReusedServer


async def test_sessions_that_ended_long_ago_are_deleted(
    anna: FakeClient, running_server: ReusedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_AT_ONCE", 3)
    connection, database = running_server.connection, running_server.container.get(Database)
    for _ in range(8):
        phone = await anna.another_device().sign_in()
        ok(await phone.post("/accounts/sign-out"))
    for _ in range(4):
        await anna.another_device().sign_in()
    await connection.execute(
        "UPDATE auth_session SET revoked_at = revoked_at - interval '31 days' WHERE revoked_at IS NOT NULL"
    )
    await connection.execute(
        """UPDATE auth_session SET expires_at = now() - interval '31 days'
           WHERE id IN (SELECT id FROM auth_session WHERE revoked_at IS NULL ORDER BY created_at DESC LIMIT 4)"""
    )
    assert await clean_up(database, datetime.now(UTC) - timedelta(days=32)) == 0
    assert await clean_up(database, datetime.now(UTC) - timedelta(days=30)) == 12
    assert await connection.fetchval("SELECT count(*) FROM auth_session") == 1
    ok(await anna.get("/accounts/me"))


async def test_old_failures_are_deleted_except_those_of_accounts(
    anna: FakeClient, running_server: ReusedServer
) -> None:
    connection, database = running_server.connection, running_server.container.get(Database)
    await connection.execute(
        """INSERT INTO sign_in_failures (id, failures, failed_at, forget_at) VALUES
           ($1, 5, now() - interval '1 year', NULL),
           (uuid_generate_v4(), 5, now() - interval '1 day', now() + interval '1 day'),
           (uuid_generate_v4(), 5, now() - interval '3 days', now() - interval '1 day')""",
        anna.uuid,
    )
    await clean_up(database, datetime.now(UTC))
    assert await connection.fetchval("SELECT count(*) FROM sign_in_failures") == 2
    assert await connection.fetchval("SELECT failures FROM sign_in_failures WHERE id = $1", anna.uuid) == 5
