"""Adds jobs and changes waiting jobs, in hand-written SQL."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import Connection

# PostgreSQL keeps the plan of a statement. When it was made while the table was empty, all indexes cost the same, and a
# statement may use that of due jobs, and read all of them. It does not if it asks for an order that only the index of
# keys has, or for `coalesce(state, '')`, which is not the condition of that index.
_WAITING = """
SELECT id FROM job
WHERE owner_id = $1 AND name = $2 AND key BETWEEN $3 AND $3 AND state = 'waiting' ORDER BY key
"""

# A job without a time is due at once, even if this process' clock is ahead of the database's.
_ADD = """
INSERT INTO job (owner_id, id, name, key, lane, payload, run_at, created_at)
VALUES ($1, $2, $6, $3, $7, $4::text::json, coalesce($5, least($8, clock_timestamp())), $8)
ON CONFLICT (owner_id, name, key) WHERE state = 'waiting' AND key IS NOT NULL DO NOTHING
RETURNING id
"""
# A time in the past, so the job is due at once. It is the later the more jobs of its owner are there, up to 60 of them.
_TURN = """
SELECT clock_timestamp() - interval '10 seconds' * (60 - count(*))
FROM (SELECT FROM job WHERE owner_id = $1 AND name = $2 AND coalesce(state, '') <> 'dead' LIMIT 60) mine
"""
# Nothing claims the row until this transaction ends, so the job sees the transaction's changes. Transactions that
# enqueue the same job do not wait for each other.
_HOLD_WAITING = f"{_WAITING} FOR KEY SHARE"
_EXISTS = """
SELECT id FROM job WHERE owner_id = $1 AND name = $2 AND key = $3 AND coalesce(state, '') <> 'dead' LIMIT 1
"""
_CANCEL = f"DELETE FROM job WHERE owner_id = $1 AND id = ({_WAITING} FOR UPDATE) RETURNING id"  # noqa: S608 - constants only
_REMOVE = "DELETE FROM job WHERE owner_id = $1 AND name = $2 AND state <> 'running'"
_RESCHEDULE = f"""
UPDATE job SET run_at = coalesce($4, clock_timestamp()), attempts = 0
WHERE owner_id = $1 AND id = ({_WAITING} FOR NO KEY UPDATE)
RETURNING id
"""  # noqa: S608 - constants only


class NewRow(NamedTuple):
    """A job to add. `run_at`: None if it is due at once."""

    owner_id: UUID
    id: UUID
    key: str | None
    payload: str
    run_at: datetime | None


async def add(connection: Connection, row: NewRow, *, name: str, lane: str, at: datetime) -> UUID:
    """Returns the id of the new job, or of the job that waits under the same key."""
    while True:
        added: UUID | None = await connection.fetchval(_ADD, *row, name, lane, at)
        if added is not None:
            return added
        waiting: UUID | None = await connection.fetchval(_HOLD_WAITING, row.owner_id, name, row.key)
        if waiting is not None:
            return waiting
        # It was claimed between the two statements: the next round adds a job.


async def turn(connection: Connection, owner_id: UUID, name: str) -> datetime:
    """Returns the time of a job that is due at once, so that owners take turns: due jobs are claimed by their time."""
    time: datetime = await connection.fetchval(_TURN, owner_id, name)
    return time


async def exists(connection: Connection, owner_id: UUID, name: str, key: str) -> bool:
    """Returns True if a job waits or runs under the key."""
    return await connection.fetchval(_EXISTS, owner_id, name, key) is not None


async def cancel(connection: Connection, owner_id: UUID, name: str, key: str) -> bool:
    """Deletes the waiting job. Returns True if there was one."""
    return await connection.fetchval(_CANCEL, owner_id, name, key) is not None


async def remove(connection: Connection, owner_id: UUID, name: str) -> None:
    """Deletes the waiting and dead jobs of an owner."""
    await connection.execute(_REMOVE, owner_id, name)


async def reschedule(connection: Connection, owner_id: UUID, name: str, key: str, run_at: datetime | None) -> bool:
    """Changes the time of the waiting job, which has all its attempts again. Returns True if there was one.

    A job without a time is due at once.
    """
    return await connection.fetchval(_RESCHEDULE, owner_id, name, key, run_at) is not None
