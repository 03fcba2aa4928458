"""Claims jobs and ends their leases, in hand-written SQL. All times are the database's: processes' clocks may differ.

`statement_timestamp()` is constant within a statement, so an index can be searched with it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from app.adapters.db.connection import Connection

_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT job.owner_id, job.id, job.was_running
    FROM unnest($1::text[], $2::int[]) AS free(lane, slots) CROSS JOIN LATERAL (
        SELECT owner_id, id, state = 'running' AS was_running FROM job
        WHERE lane = free.lane AND state <> 'dead' AND coalesce(leased_until, run_at) <= statement_timestamp()
            AND name = ANY($3)
        ORDER BY coalesce(leased_until, run_at) LIMIT free.slots FOR UPDATE SKIP LOCKED
    ) job
)
UPDATE job j
SET state = 'running', attempts = j.attempts + 1, lease_id = $4,
    leased_until = statement_timestamp() + interval '10 seconds'
FROM due WHERE j.owner_id = due.owner_id AND j.id = due.id
RETURNING j.owner_id, j.id, j.name, j.payload::text AS payload, j.attempts, due.was_running
"""
_NEXT = """
SELECT extract(epoch FROM min(next.due) - statement_timestamp())::float8
FROM unnest($1::text[]) AS free(lane) CROSS JOIN LATERAL (
    SELECT coalesce(leased_until, run_at) AS due FROM job
    WHERE lane = free.lane AND state <> 'dead' AND name = ANY($2)
    ORDER BY coalesce(leased_until, run_at) LIMIT 1
) next
"""
# Each lane with jobs, found in the index without reading its jobs.
_LANES = """
WITH RECURSIVE present AS (
    SELECT min(lane) AS lane FROM job WHERE state <> 'dead'
    UNION ALL
    SELECT (SELECT min(lane) FROM job WHERE state <> 'dead' AND lane > present.lane) FROM present
    WHERE lane IS NOT NULL
)
"""
# Those that are due first: a lane may have any number of jobs, and runs them in this order. Locked are only those in a
# wrong lane.
_MOVE_TO_LANES = f"""
{_LANES}, moved AS MATERIALIZED (
    SELECT wrong.owner_id, wrong.id, l.lane
    FROM present CROSS JOIN LATERAL (
        SELECT owner_id, id, name FROM job
        WHERE lane = present.lane AND state <> 'dead' AND name = ANY($1)
            AND coalesce(leased_until, run_at) <= statement_timestamp() + interval '1 minute'
        ORDER BY coalesce(leased_until, run_at) LIMIT $3
    ) first
    JOIN unnest($1::text[], $2::text[]) AS l(name, lane) ON l.name = first.name AND l.lane <> present.lane
    CROSS JOIN LATERAL (
        SELECT owner_id, id FROM job WHERE owner_id = first.owner_id AND id = first.id FOR UPDATE SKIP LOCKED
    ) wrong
)
UPDATE job j SET lane = moved.lane FROM moved WHERE j.owner_id = moved.owner_id AND j.id = moved.id RETURNING j.id
"""  # noqa: S608 - constants only
_RENEW = """
UPDATE job j SET leased_until = statement_timestamp() + interval '10 seconds'
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS mine(owner_id, id, lease_id)
WHERE j.owner_id = mine.owner_id AND j.id = mine.id AND j.lease_id = mine.lease_id
RETURNING j.lease_id, j.id
"""
_HOLD = "SELECT id FROM job WHERE owner_id = $1 AND id = $2 AND lease_id = $3 FOR KEY SHARE"
_RETURN = """
UPDATE job
SET state = 'waiting', lease_id = NULL, leased_until = NULL, attempts = greatest(attempts - $4, $8),
    last_error = coalesce($5, last_error),
    run_at = coalesce($6, statement_timestamp() + make_interval(secs => $7), run_at)
WHERE owner_id = $1 AND id = $2 AND lease_id = $3
"""
_COMPLETE = """
DELETE FROM job j USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS mine(owner_id, id, lease_id)
WHERE j.owner_id = mine.owner_id AND j.id = mine.id AND j.lease_id = mine.lease_id
"""
_MARK_DEAD = """
UPDATE job SET state = 'dead', lease_id = NULL, leased_until = NULL, last_error = coalesce($4, last_error)
WHERE owner_id = $1 AND id = $2 AND lease_id = $3
"""
_COUNT = f"""
{_LANES}
SELECT lane, first.* FROM present CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
        greatest(extract(epoch FROM statement_timestamp() - min(greatest(run_at, created_at))
            FILTER (WHERE state = 'waiting' AND run_at <= statement_timestamp())), 0)::float8 AS oldest
    FROM (
        SELECT state, run_at, created_at FROM job WHERE lane = present.lane AND state <> 'dead'
        ORDER BY coalesce(leased_until, run_at) LIMIT $1
    ) job
) first
WHERE lane IS NOT NULL
"""  # noqa: S608 - constants only


class Lease(NamedTuple):
    """The right of one process to run a job until the lease expires."""

    owner_id: UUID
    job_id: UUID
    lease_id: UUID


async def claim(connection: Connection, free: Mapping[str, int], names: Sequence[str], lease_id: UUID) -> list[Any]:
    """Claims due jobs and jobs whose lease has expired, at most `free[lane]` of each lane."""
    return list(await connection.fetch(_CLAIM, list(free), list(free.values()), names, lease_id))


async def seconds_to_next(connection: Connection, lanes: Sequence[str], names: Sequence[str]) -> float | None:
    """Returns the seconds until the next job of these lanes is due; None where there is no job."""
    seconds: float | None = await connection.fetchval(_NEXT, lanes, names)
    return seconds


async def move_to_lanes(connection: Connection, lanes: Mapping[str, str], most: int) -> bool:
    """Moves jobs that another version enqueued into their present lanes. `lanes` maps a job's name to its lane.

    Looks at `most` jobs of each lane that are due within a minute. Returns True if it has moved some.
    """
    return bool(await connection.fetch(_MOVE_TO_LANES, list(lanes), list(lanes.values()), most))


async def renew(connection: Connection, leases: Sequence[Lease]) -> set[tuple[UUID, UUID]]:
    """Extends leases. Returns (lease_id, job_id) of those that are still held."""
    rows = await connection.fetch(_RENEW, *_columns(leases))
    return {(row["lease_id"], row["id"]) for row in rows}


async def hold(connection: Connection, lease: Lease) -> bool:
    """Prevents a takeover of the lease until the end of the transaction. Returns False if the lease is lost."""
    return await connection.fetchval(_HOLD, *lease) is not None


async def complete(connection: Connection, leases: Sequence[Lease]) -> None:
    await connection.execute(_COMPLETE, *_columns(leases))


async def put_back(
    connection: Connection,
    lease: Lease,
    *,
    counts: bool,
    error: str | None = None,
    run_at: datetime | None = None,
    after: float | None = None,
    at_least: int = 0,
) -> None:
    """Sets the job to waiting: until `run_at`, for `after` seconds, or until its previous time.

    `counts=False` takes the attempt back. `at_least`: so many attempts are noted. If a newer job with the same key
    waits, this one is deleted.
    """
    try:
        await connection.execute(_RETURN, *lease, 0 if counts else 1, error, run_at, after, at_least)
    except asyncpg.UniqueViolationError:
        await complete(connection, [lease])


async def mark_dead(connection: Connection, lease: Lease, error: str | None) -> None:
    """Ends the job for good. Without `error` it keeps that of its last failure."""
    await connection.execute(_MARK_DEAD, *lease, error)


async def count(connection: Connection, most: int) -> list[Any]:
    """Returns (lane, waiting, age in seconds of the oldest due job) of each lane, among the first `most` jobs of it."""
    return list(await connection.fetch(_COUNT, most))


def _columns(leases: Sequence[Lease]) -> tuple[list[UUID], list[UUID], list[UUID]]:
    """Returns the columns in one order: renewing and completing lock the rows in the order given."""
    in_order = sorted(leases)
    return (
        [lease.owner_id for lease in in_order],
        [lease.job_id for lease in in_order],
        [lease.lease_id for lease in in_order],
    )
