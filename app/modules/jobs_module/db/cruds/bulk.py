"""Adds many jobs of one kind with one statement, in hand-written SQL."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from app.adapters.db.connection import Connection, DatabaseConnection
from app.modules.jobs_module.db.cruds.queue import NewRow

# queue.py says why the key is compared and the state is read in this way.
_WAITING = """
SELECT id FROM job
WHERE owner_id = new.owner_id AND name = $1 AND key BETWEEN new.key AND new.key AND state = 'waiting'
ORDER BY key FOR KEY SHARE
"""
# A job that waits under its key is held: nothing claims it until this transaction ends, so it sees the transaction's
# changes. The others are added. They are locked in one order, since transactions that add the same job wait for each
# other. A job without a time is due at once, even if this process' clock is ahead of the database's. If owners take
# turns, its time is in the past, and the later the more jobs of its owner are there, up to 60 of them.
_ADD = f"""
WITH new AS MATERIALIZED (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
        WITH ORDINALITY AS new(owner_id, id, key, payload, run_at, place)
    ORDER BY owner_id, key, place
), held AS MATERIALIZED (
    SELECT new.id AS new_id, waiting.id FROM new CROSS JOIN LATERAL ({_WAITING}) waiting
), missing AS (
    SELECT *, row_number() OVER (PARTITION BY owner_id ORDER BY place) AS number
    FROM new WHERE id NOT IN (SELECT new_id FROM held)
), added AS (
    INSERT INTO job (owner_id, id, name, key, lane, payload, run_at, created_at)
    SELECT m.owner_id, m.id, $1, m.key, $7, m.payload::json, coalesce(m.run_at, CASE
        WHEN $8 THEN clock_timestamp() - interval '10 seconds' * greatest(61 - m.number - others.count, 0)
        ELSE least($9, clock_timestamp()) END), $9
    FROM missing m CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT FROM job WHERE $8 AND owner_id = m.owner_id AND name = $1 AND coalesce(state, '') <> 'dead' LIMIT 60
        ) other
    ) others
    ORDER BY m.owner_id, m.key, m.place
    ON CONFLICT (owner_id, name, key) WHERE state = 'waiting' AND key IS NOT NULL DO NOTHING
    RETURNING id
)
SELECT new_id, id FROM held UNION ALL SELECT id, id FROM added
"""  # noqa: S608 - constants only
_HOLD_WAITING = f"""
SELECT new.id AS new_id, waiting.id
FROM (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS new(owner_id, id, key) ORDER BY owner_id, key
) new
CROSS JOIN LATERAL ({_WAITING}) waiting
"""  # noqa: S608 - constants only


class _WasClaimed(Exception):
    """A job that another transaction has added does not wait any more."""


async def add_all(
    connection: Connection, rows: Sequence[NewRow], *, name: str, lane: str, takes_turns: bool, at: datetime
) -> list[UUID]:
    """Returns for each row the id of the new job, or of the job that waits under the same key. The first row of a key
    counts.

    It is all repeated if a job is added by another transaction and claimed meanwhile: to add it now, after the others,
    would violate the order of locks.
    """
    first: dict[object, NewRow] = {}
    for row in rows:
        first.setdefault(_place(row), row)
    while True:
        with suppress(_WasClaimed):
            async with connection.transaction():
                rows_of_keys = list(first.values())
                ids = await add_or_hold(connection, rows_of_keys, name=name, lane=lane, takes_turns=takes_turns, at=at)
                left = [row for row in rows_of_keys if row.id not in ids]
                if left:
                    # Another transaction has added them since the statement began.
                    ids |= await hold_waiting(connection, left, name)
                    if len(ids) < len(rows_of_keys):
                        raise _WasClaimed
            return [ids[first[_place(row)].id] for row in rows]


def _place(row: NewRow) -> object:
    """Returns what only one waiting job has."""
    return row.id if row.key is None else (row.owner_id, row.key)


async def add_or_hold(
    connection: DatabaseConnection, rows: Sequence[NewRow], *, name: str, lane: str, takes_turns: bool, at: datetime
) -> dict[UUID, UUID]:
    """Returns the ids of new and of waiting jobs by the ids of the rows, whose keys differ. What another transaction
    adds at the same time is missing.
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    return dict(await connection.fetch(_ADD, name, *columns, lane, takes_turns, at))


async def hold_waiting(connection: DatabaseConnection, rows: Sequence[NewRow], name: str) -> dict[UUID, UUID]:
    """Returns the ids of waiting jobs by the ids of the rows with their keys."""
    owners, ids, keys, *_ = (list(column) for column in zip(*rows, strict=True))
    return dict(await connection.fetch(_HOLD_WAITING, name, owners, ids, keys))
