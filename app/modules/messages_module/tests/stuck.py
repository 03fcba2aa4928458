"""Statements of the batch writer that wait for locks."""

import pytest
from fastapi import FastAPI

from app.adapters.db import database
from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import eventually

LOCKING = "FROM stream WHERE id"
"""A part of the text of the statement that locks the streams of a batch."""
# $1: a part of the text of the statement that waits for a lock.
_STUCK = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'
"""


@pytest.fixture
async def patient_app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """An application that waits for locks as long as a test holds them, on a busy machine too.

    A file that needs it says `app = patient_app`.
    """
    monkeypatch.setattr(database, "COMMAND_TIMEOUT", 60.0)
    for limit in ("lock_timeout", "statement_timeout"):
        monkeypatch.setitem(database._BY_KEY, limit, "60s")
    return build_app(settings)


async def find_stuck(administrator: Connection, statement: str) -> int:
    """Waits until the writer's statement is blocked. Returns its PostgreSQL process id."""
    found: list[int] = []

    async def is_stuck() -> bool:
        # Within a transaction the view would return its first snapshot.
        await administrator.execute("SELECT pg_stat_clear_snapshot()")
        found.extend(row["pid"] for row in await administrator.fetch(_STUCK, statement))
        return bool(found)

    await eventually(is_stuck)
    return found[0]
