"""Operator's view of jobs: list, retry, cancel; in hand-written SQL. Running servers notice within a second."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from app.adapters.db.connection import Connection

_LIST = """
SELECT id, name, key, lane, state, run_at, attempts, last_error FROM job WHERE $1::text IS NULL OR state = $1
ORDER BY state, run_at, id LIMIT $2
"""
# The process of a job whose lease has expired was killed.
_IS_NOT_RUNNING = "(state <> 'running' OR leased_until < statement_timestamp())"
_RETRY = f"""
UPDATE job
SET state = 'waiting', attempts = 0, run_at = statement_timestamp(), lease_id = NULL, leased_until = NULL
WHERE id = $1 AND {_IS_NOT_RUNNING} RETURNING id
"""  # noqa: S608 - constants only
_CANCEL = f"DELETE FROM job WHERE id = $1 AND {_IS_NOT_RUNNING} RETURNING id"  # noqa: S608 - constants only


class JobStatus(NamedTuple):
    """A stored job, as `jobs list` shows it."""

    id: UUID
    name: str
    key: str | None
    lane: str
    state: str
    run_at: datetime
    attempts: int
    last_error: str | None


async def list_jobs(connection: Connection, state: str | None = None, limit: int = 100) -> list[JobStatus]:
    return [JobStatus(*row) for row in await connection.fetch(_LIST, state, limit)]


async def retry(connection: Connection, job_id: UUID) -> bool:
    """Makes a job due now, with all its attempts, if it is dead, waits, or was running in a killed process.

    Returns False if a process runs the job, it does not exist, or a newer job waits under its key.
    """
    try:
        return await connection.fetchval(_RETRY, job_id) is not None
    except asyncpg.UniqueViolationError:
        return False


async def cancel(connection: Connection, job_id: UUID) -> bool:
    """Removes a job that is dead, waits, or was running in a killed process. Returns False for others, and for none."""
    return await connection.fetchval(_CANCEL, job_id) is not None
