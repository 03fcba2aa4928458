"""Operator's view of subscribers: list, retry, skip, reset, forget; in SQL. Running servers notice within a second."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.long_statements import LONG

Result = TypeVar("Result")
Action = Callable[[Connection], Awaitable[Result]]

MAX_FAILURES = 100
"""Failures of a subscriber that are listed: those with the oldest last attempts."""

_LIST = """
SELECT n.name, n.is_registered,
    (SELECT count(*) FROM subscriber_cursor c WHERE c.subscriber = n.name AND c.is_halted) AS streams_halted,
    (SELECT count(*) FROM subscriber_failure f WHERE f.subscriber = n.name) AS failures,
    behind.streams AS streams_behind, behind.events AS events_behind, behind.seconds AS seconds_behind
FROM subscriber n CROSS JOIN LATERAL (
    SELECT count(*) AS streams,
        coalesce(sum(s.last_seq - greatest(coalesce(c.seq, 0), s.first_seq - 1)), 0)::bigint AS events,
        coalesce(extract(epoch FROM statement_timestamp() - min(oldest.at)), 0)::float8 AS seconds
    FROM stream s LEFT JOIN subscriber_cursor c ON c.stream_id = s.id AND c.subscriber = n.name
    LEFT JOIN LATERAL (
        SELECT at FROM event WHERE stream_id = s.id AND seq > coalesce(c.seq, 0) ORDER BY seq LIMIT 1
    ) oldest ON true
    WHERE s.last_seq > coalesce(c.seq, 0)
) behind
ORDER BY n.name
"""
_FAILURES = """
SELECT n.name, f.stream_id, f.seq, f.error, f.retry_at IS NOT NULL AS is_due FROM subscriber n CROSS JOIN LATERAL (
    SELECT * FROM subscriber_failure WHERE subscriber = n.name ORDER BY failed_at, stream_id, seq LIMIT $1
) f
ORDER BY n.name, f.failed_at, f.stream_id, f.seq
"""
_RETRY = """
WITH failed AS (
    UPDATE subscriber_failure SET retry_at = now() WHERE subscriber = $1 AND ($2::uuid IS NULL OR stream_id = $2)
    RETURNING seq
), halted AS (
    UPDATE subscriber_cursor SET is_halted = false, attempts = 0, retry_at = now()
    WHERE subscriber = $1 AND is_halted AND ($2::uuid IS NULL OR stream_id = $2) RETURNING seq
)
SELECT (SELECT count(*) FROM failed) + (SELECT count(*) FROM halted)
"""
# A stream that has halted before a rebuild goes on with the next event that the log has, unless only one is left out.
_SKIP = """
WITH moved AS (
    UPDATE subscriber_cursor c SET is_halted = false, attempts = 0, retry_at = now(), seq = greatest(seq + 1, CASE
        WHEN $3::bigint IS NULL THEN coalesce(
            (SELECT min(e.seq) - 1 FROM event e WHERE e.stream_id = c.stream_id AND e.seq > c.seq),
            (SELECT last_seq FROM stream WHERE id = c.stream_id)
        )
    END)
    WHERE subscriber = $1 AND stream_id = $2 AND is_halted AND ($3::bigint IS NULL OR seq + 1 = $3) RETURNING seq
), dismissed AS (
    DELETE FROM subscriber_failure
    WHERE subscriber = $1 AND stream_id = $2 AND ($3::bigint IS NULL OR seq = $3) RETURNING seq
)
SELECT seq FROM moved UNION SELECT seq FROM dismissed ORDER BY seq
"""
_FORGET = """
WITH cursors AS (DELETE FROM subscriber_cursor WHERE subscriber = $1),
    failures AS (DELETE FROM subscriber_failure WHERE subscriber = $1)
DELETE FROM subscriber WHERE name = $1
"""
_RESET = """
WITH moved AS (
    INSERT INTO subscriber_cursor (stream_id, subscriber, seq, retry_at)
    SELECT s.id, $1, CASE WHEN $3 THEN s.last_seq ELSE 0 END, now() FROM stream s
    WHERE EXISTS (SELECT FROM subscriber WHERE name = $1) AND ($2::uuid IS NULL OR s.id = $2)
    ON CONFLICT (stream_id, subscriber)
    DO UPDATE SET seq = excluded.seq, attempts = 0, is_halted = false, retry_at = now() RETURNING 1
)
SELECT count(*) FROM moved
"""
# A statement of its own: an event may have been set aside while the first one waited for a cursor.
_TAKE_BACK = """
DELETE FROM subscriber_failure f USING stream s
WHERE s.id = f.stream_id AND f.subscriber = $1 AND ($2::uuid IS NULL OR s.id = $2) AND f.seq >= s.first_seq
"""


class SubscriberStatus(NamedTuple):
    """State of a subscriber, as `subscribers list` shows it."""

    name: str
    is_registered: bool
    streams_halted: int
    failures: int
    streams_behind: int
    events_behind: int
    seconds_behind: float
    """Age of the oldest event that is not handled; 0 if there is none."""


class Failure(NamedTuple):
    """An event that a subscriber could not handle. `is_due`: it will be retried."""

    subscriber: str
    stream_id: UUID
    seq: int
    error: str
    is_due: bool


async def list_subscribers(connection: Connection) -> list[SubscriberStatus]:
    return [SubscriberStatus(*row) for row in await connection.fetch(_LIST, timeout=LONG)]


async def list_names(connection: Connection) -> list[str]:
    return [row["name"] for row in await connection.fetch("SELECT name FROM subscriber ORDER BY name")]


async def list_failures(connection: Connection) -> list[Failure]:
    """Returns up to MAX_FAILURES of each subscriber."""
    return [Failure(*row) for row in await connection.fetch(_FAILURES, MAX_FAILURES, timeout=LONG)]


async def retry(connection: Connection, name: str, stream_id: UUID | None) -> int:
    """Marks events and halted streams for a retry. Returns their number."""
    return int(await connection.fetchval(_RETRY, name, stream_id, timeout=LONG))


async def skip_events(connection: Connection, name: str, stream_id: UUID, seq: int | None = None) -> list[int]:
    """Leaves out the event or rebuild at which a stream has halted, and its events that were set aside.

    With `seq` only the event of this number. Returns the numbers; for a rebuild the last one that the log lacks.
    """
    return [row["seq"] for row in await connection.fetch(_SKIP, name, stream_id, seq)]


async def forget(connection: Connection, name: str) -> None:
    """Deletes a subscriber that no module has any more, with its cursors and failures."""
    await connection.execute(_FORGET, name, timeout=LONG)


async def reset(connection: Connection, name: str, stream_id: UUID | None, *, to_head: bool) -> int:
    """Moves cursors to the heads, or before the first events. Returns their number.

    Events that were set aside and are handled again are not set aside any more.
    """
    async with connection.transaction():
        moved = int(await connection.fetchval(_RESET, name, stream_id, to_head, timeout=LONG))
        if not to_head:
            await connection.execute(_TAKE_BACK, name, stream_id, timeout=LONG)
    return moved
