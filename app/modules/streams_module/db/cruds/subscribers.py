"""Cursors of subscribers, in hand-written SQL. `stream_id` is the first column of each key.

Times of retries are by the database's clock, because the clocks of processes may differ. No transaction waits for the
lock of a cursor: a process that finds it locked skips it and tries again later. So the lock may be held while other
locks are waited for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.citus import fetch_each, has_citus, lock_rows, of_one
from app.adapters.db.connection import Connection
from app.adapters.db.long_statements import LONG
from app.adapters.db.sql import one_row

_READ = """
SELECT stream_id, subscriber, seq, (is_halted OR coalesce(retry_at > statement_timestamp(), false)) AS is_waiting,
       coalesce(NOT is_halted AND retry_at <= statement_timestamp(), false) AS is_due
FROM subscriber_cursor WHERE stream_id = ANY($1::uuid[]) AND subscriber = ANY($2::text[])
"""
# A cursor that another transaction is creating cannot be skipped as a locked one: it is not visible yet. The advisory
# lock represents it, and is taken only for cursors that do not exist.
_CLAIM_NEW = """
WITH missing AS MATERIALIZED (
    SELECT id, name FROM unnest($1::uuid[], $2::text[]) AS new(id, name)
    WHERE (id, name) NOT IN (
        SELECT stream_id, subscriber FROM subscriber_cursor
        WHERE stream_id = ANY($1::uuid[]) AND subscriber = ANY($2::text[])
    )
)
INSERT INTO subscriber_cursor (stream_id, subscriber, seq)
SELECT id, name, 0 FROM missing WHERE pg_try_advisory_xact_lock(hashtextextended(name || id, 0))
ON CONFLICT DO NOTHING RETURNING stream_id, seq, attempts
"""
_CLAIM = """
SELECT stream_id, seq, attempts FROM subscriber_cursor
WHERE stream_id = ANY($1::uuid[]) AND subscriber = $2 AND NOT is_halted
    AND (retry_at IS NULL OR retry_at <= statement_timestamp())
ORDER BY stream_id FOR UPDATE SKIP LOCKED
"""
_HOLD = """
SELECT stream_id FROM subscriber_cursor WHERE stream_id = ANY($1::uuid[]) AND subscriber = $2
ORDER BY stream_id FOR UPDATE SKIP LOCKED
"""
_CURSOR = one_row("subscriber_cursor", stream_id="s.id", subscriber="$2")
# `array_position`, because no statistics make the planner believe that it refuses most events: reading and sorting all
# that waits would look as cheap as the first few.
_OLDEST_PENDING = f"""
SELECT min(pending.at)
FROM stream s
LEFT JOIN LATERAL {_CURSOR} c ON true
CROSS JOIN LATERAL (
    SELECT e.at FROM event e WHERE e.stream_id = s.id AND e.seq > coalesce(c.seq, 0)
      AND array_position($3::text[], e.kind) IS NOT NULL
    ORDER BY e.seq LIMIT 1
) pending
WHERE s.id = ANY($1::uuid[]) AND s.last_seq > coalesce(c.seq, 0)
"""  # noqa: S608 - constants only
_COUNT_PENDING = """
SELECT count(*) FROM stream s LEFT JOIN subscriber_cursor c ON c.stream_id = s.id AND c.subscriber = $1
WHERE s.last_seq > coalesce(c.seq, 0) AND EXISTS (
    SELECT FROM event e WHERE e.stream_id = s.id AND e.seq > coalesce(c.seq, 0) AND e.kind = ANY($2::text[])
)
"""
_MOVE = """
UPDATE subscriber_cursor c SET seq = moved.seq, attempts = 0, retry_at = NULL
FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS moved(stream_id, subscriber, seq)
WHERE c.stream_id = moved.stream_id AND c.subscriber = moved.subscriber
"""
# Written after reading only the kinds of events. A cursor never moves back. Only a cursor that another process is
# creating is waited for.
_SKIP = """
INSERT INTO subscriber_cursor (stream_id, subscriber, seq)
SELECT skipped.stream_id, skipped.subscriber, skipped.seq
FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS skipped(stream_id, subscriber, seq)
WHERE (skipped.stream_id, skipped.subscriber) NOT IN (
    SELECT stream_id, subscriber FROM subscriber_cursor
    WHERE stream_id = ANY($1::uuid[]) AND subscriber = ANY($2::text[])
)
ON CONFLICT DO NOTHING
"""
_SKIP_ON = """
UPDATE subscriber_cursor c SET seq = skipped.seq FROM (
    SELECT free.stream_id, free.subscriber, given.seq
    FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) AS given(stream_id, subscriber, seq, first)
    JOIN subscriber_cursor free ON free.stream_id = given.stream_id AND free.subscriber = given.subscriber
        AND free.seq >= given.first AND free.seq < given.seq
    WHERE free.stream_id = ANY($1::uuid[])
    FOR UPDATE OF free SKIP LOCKED
) skipped
WHERE c.stream_id = skipped.stream_id AND c.subscriber = skipped.subscriber AND c.stream_id = ANY($1::uuid[])
"""
_FAIL = """
UPDATE subscriber_cursor SET attempts = attempts + 1, retry_at = statement_timestamp() + make_interval(secs => $4)
WHERE stream_id = $1 AND subscriber = $2 AND seq = $3
"""
_HALT = """
UPDATE subscriber_cursor SET is_halted = true, retry_at = NULL, seq = $3 WHERE stream_id = $1 AND subscriber = $2
"""
# The stream is due at once: its next events may have been notified long ago.
_SET_ASIDE = """
WITH moved AS (
    UPDATE subscriber_cursor SET seq = $3, attempts = 0, retry_at = statement_timestamp(), is_halted = false
    WHERE stream_id = $1 AND subscriber = $2 AND seq < $3 RETURNING stream_id
)
INSERT INTO subscriber_failure (stream_id, subscriber, seq, error, failed_at)
SELECT stream_id, $2, $3, $4, statement_timestamp() FROM moved
ON CONFLICT (stream_id, subscriber, seq) DO UPDATE SET error = excluded.error, failed_at = excluded.failed_at
"""
_KINDS = """
SELECT requested.stream_id AS stream_id, e.seq, e.kind, e.contained
FROM unnest($1::uuid[], $2::bigint[]) AS requested(stream_id, after)
CROSS JOIN LATERAL (
    SELECT seq, kind, ARRAY(SELECT part FROM unnest($4::text[]) AS part WHERE strpos(data::text, part) > 0) AS contained
    FROM event WHERE stream_id = requested.stream_id AND seq > requested.after ORDER BY seq LIMIT $3
) e
"""
_KINDS_OF_ONE = of_one(_KINDS, "requested.stream_id")
_EMPTIED = "SELECT id, last_seq FROM stream WHERE id = ANY($1::uuid[]) AND first_seq > last_seq AND last_seq > 0"
_DUE_RETRIES = """
SELECT stream_id FROM subscriber_cursor
WHERE retry_at <= statement_timestamp() AND subscriber = ANY($1::text[]) LIMIT $2
"""
_HAS_REQUESTED = """
SELECT EXISTS (SELECT 1 FROM subscriber_failure WHERE retry_at IS NOT NULL AND subscriber = ANY($1::text[]))
"""
# The cursor is locked as well: no other event of the stream is handled meanwhile.
_CLAIM_FAILURE = """
SELECT f.stream_id, f.subscriber, e.seq, e.kind, e.data, e.at, f.seq AS failed_seq
FROM subscriber_failure f
JOIN subscriber_cursor c ON c.stream_id = f.stream_id AND c.subscriber = f.subscriber
LEFT JOIN event e ON e.stream_id = f.stream_id AND e.seq = f.seq
WHERE f.retry_at IS NOT NULL AND f.subscriber = ANY($1::text[]) LIMIT 1 FOR UPDATE OF f, c SKIP LOCKED
"""
_FORGET_FAILURE = "DELETE FROM subscriber_failure WHERE stream_id = $1 AND subscriber = $2 AND seq = $3"
_FAIL_AGAIN = """
UPDATE subscriber_failure SET retry_at = NULL, error = $4, failed_at = statement_timestamp()
WHERE stream_id = $1 AND subscriber = $2 AND seq = $3
"""


async def read_cursors(connection: Connection, stream_ids: Sequence[UUID], names: Sequence[str]) -> Sequence[Any]:
    """Returns the cursors that exist. `is_waiting`: must not be moved now. `is_due`: a retry is due."""
    rows: Sequence[Any] = await connection.fetch(_READ, stream_ids, names)
    return rows


async def claim(connection: Connection, stream_ids: Sequence[UUID], name: str) -> Sequence[Any]:
    """Locks cursors that others have not locked and that wait for no retry. Returns (stream_id, seq, attempts)."""
    rows: list[Any] = await lock_rows(connection, _CLAIM, stream_ids, name)
    if missing := set(stream_ids) - {row["stream_id"] for row in rows}:
        rows += await connection.fetch(_CLAIM_NEW, sorted(missing), [name] * len(missing))
    return rows


async def hold(connection: Connection, stream_ids: Sequence[UUID], name: str) -> set[UUID]:
    """Locks cursors that are not locked by others, even those that wait. Returns their streams."""
    await connection.execute(_CLAIM_NEW, stream_ids, [name] * len(stream_ids))
    return {row["stream_id"] for row in await lock_rows(connection, _HOLD, stream_ids, name)}


async def find_oldest_pending(
    connection: Connection, stream_ids: Sequence[UUID], name: str, kinds: Sequence[str]
) -> datetime | None:
    """Returns the time of the oldest event of these kinds that the subscriber has not handled."""
    at: datetime | None = await connection.fetchval(_OLDEST_PENDING, stream_ids, name, kinds)
    return at


async def count_pending(connection: Connection, name: str, kinds: Sequence[str]) -> int:
    """Returns the number of streams with events of these kinds that the subscriber has not handled."""
    return int(await connection.fetchval(_COUNT_PENDING, name, kinds, timeout=LONG))


async def move(connection: Connection, name: str, seqs: Mapping[UUID, int]) -> None:
    """Moves cursors that the caller has claimed, and clears their failures."""
    await connection.execute(_MOVE, list(seqs), [name] * len(seqs), list(seqs.values()))


async def write_skipped(connection: Connection, skipped: Sequence[tuple[UUID, str, int, int]]) -> None:
    """Moves cursors past events that their subscribers do not handle: (stream_id, subscriber, first, seq).

    `first` is the cursor from which the kinds were read. A stored cursor before it still has events to handle.
    """
    new = [(stream_id, name, seq) for stream_id, name, first, seq in skipped if first == 0]
    if new:
        await connection.execute(_SKIP, *map(list, zip(*new, strict=True)))
    for together in [[one] for one in skipped] if has_citus(connection) else [skipped]:
        stream_ids, names, firsts, seqs = map(list, zip(*together, strict=True))
        await connection.execute(_SKIP_ON, stream_ids, names, seqs, firsts)


async def read_kinds(
    connection: Connection, afters: Mapping[UUID, int], limit: int, texts: Sequence[str]
) -> Sequence[Any]:
    """Returns (stream_id, seq, kind, contained) of up to `limit` events of each stream after its number.

    `contained`: those of the texts that are in the event's JSON.
    """
    rows: Sequence[Any] = await fetch_each(
        connection, _KINDS, _KINDS_OF_ONE, [list(afters), list(afters.values())], limit, texts
    )
    return rows


async def read_emptied(connection: Connection, stream_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Returns the last number of each stream whose log was emptied by a restore and has no event since."""
    if not stream_ids:
        return {}
    return {row["id"]: row["last_seq"] for row in await connection.fetch(_EMPTIED, stream_ids)}


async def note_failure(connection: Connection, stream_id: UUID, name: str, seq: int, pause: float) -> None:
    """Counts a failure at the event after the cursor. It is tried again after `pause` seconds."""
    await connection.execute(_FAIL, stream_id, name, seq, pause)


async def halt(connection: Connection, stream_id: UUID, name: str, seq: int) -> None:
    """Halts the stream at an event. The cursor is set right before it."""
    await connection.execute(_HALT, stream_id, name, seq - 1)


async def set_aside(connection: Connection, stream_id: UUID, name: str, seq: int, error: str) -> None:
    """Moves the cursor past an event, and stores the event's number and the error."""
    await connection.execute(_SET_ASIDE, stream_id, name, seq, error)


async def list_due_retries(connection: Connection, names: Sequence[str], limit: int) -> list[UUID]:
    return [row["stream_id"] for row in await connection.fetch(_DUE_RETRIES, names, limit)]


async def has_requested_retries(connection: Connection, names: Sequence[str]) -> bool:
    """Returns True if `claim_failure` would find an event, unless another process has locked it or its stream."""
    return bool(await connection.fetchval(_HAS_REQUESTED, names))


async def claim_failure(connection: Connection, names: Sequence[str]) -> Any | None:
    """Locks one event that an operator wants to retry. `seq` is None if the event was pruned."""
    rows = await connection.fetch(_CLAIM_FAILURE, names)
    return rows[0] if rows else None


async def forget_failure(connection: Connection, stream_id: UUID, name: str, seq: int) -> None:
    await connection.execute(_FORGET_FAILURE, stream_id, name, seq)


async def fail_again(connection: Connection, stream_id: UUID, name: str, seq: int, error: str) -> None:
    await connection.execute(_FAIL_AGAIN, stream_id, name, seq, error)
