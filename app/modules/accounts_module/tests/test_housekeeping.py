"""Ended sessions and failed sign-ins are deleted after some time."""

import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.services.housekeeping import CLEANUP
from app.modules.jobs_module import extension as jobs
from app.utils.container import Container
from tests.fakers import FakeClient, ok
from tests.periodic_jobs import run_once

_HAVE_ENDED = """
UPDATE auth_session SET revoked_at = now() - make_interval(days => $1) WHERE revoked_at IS NOT NULL
"""
_HAVE_EXPIRED = """
UPDATE auth_session SET expires_at = now() - make_interval(days => $1)
WHERE id IN (SELECT id FROM auth_session WHERE revoked_at IS NULL ORDER BY created_at DESC LIMIT 4)
"""


async def test_sessions_that_ended_long_ago_are_deleted(
    anna: FakeClient, connection: Connection, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_ROWS_AT_ONCE", 3)
    for _ in range(8):
        phone = await anna.another_device().sign_in()
        ok(await phone.post("/accounts/sign-out"))
    for _ in range(4):
        await anna.another_device().sign_in()
    for days, left in ((29, 13), (31, 1)):
        await connection.execute(_HAVE_ENDED, days)
        await connection.execute(_HAVE_EXPIRED, days)
        await run_once(container, CLEANUP)
        assert await connection.fetchval("SELECT count(*) FROM auth_session") == left
    ok(await anna.get("/accounts/me"))


async def test_old_failures_are_deleted_except_those_of_accounts(
    anna: FakeClient, connection: Connection, container: Container
) -> None:
    await connection.execute(
        """INSERT INTO sign_in_failures (id, failures, failed_at, forget_at) VALUES
           ($1, 5, now() - interval '1 year', NULL),
           (uuid_generate_v4(), 5, now() - interval '1 day', now() + interval '1 day'),
           (uuid_generate_v4(), 5, now() - interval '3 days', now() - interval '1 day')""",
        anna.uuid,
    )
    await run_once(container, CLEANUP)
    assert await connection.fetchval("SELECT count(*) FROM sign_in_failures") == 2
    assert await connection.fetchval("SELECT failures FROM sign_in_failures WHERE id = $1", anna.uuid) == 5
