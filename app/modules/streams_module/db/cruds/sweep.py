"""Finds streams with events that caused no notification, in hand-written SQL by the database's clock."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection

_ADD = """
INSERT INTO subscriber_sweep (name, after, next_at) VALUES ($1, $2, statement_timestamp())
ON CONFLICT (name) DO NOTHING
"""
_CLAIM = """
SELECT after, is_urgent, coalesce(behind::text, '{}') AS behind FROM subscriber_sweep
WHERE name = $1 AND (next_at <= statement_timestamp() OR is_urgent)
FOR UPDATE SKIP LOCKED
"""
_END_OF_SLICE = "SELECT id FROM stream WHERE id > $1 ORDER BY id OFFSET $2 - 1 LIMIT 1"
_BEHIND = """
SELECT s.id, n.name, s.last_seq - greatest(coalesce(c.seq, 0), s.first_seq - 1) AS events,
    extract(epoch FROM oldest.at)::float8 AS since
FROM stream s CROSS JOIN unnest($3::text[]) AS n(name)
LEFT JOIN subscriber_cursor c ON c.stream_id = s.id AND c.subscriber = n.name
LEFT JOIN LATERAL (
    SELECT at FROM event WHERE stream_id = s.id AND seq > coalesce(c.seq, 0) ORDER BY seq LIMIT 1
) oldest ON true
WHERE s.id > $1 AND s.id <= coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  AND s.last_seq > coalesce(c.seq, 0)
"""
_MOVE = """
UPDATE subscriber_sweep
SET after = $2, next_at = statement_timestamp() + make_interval(secs => $3), is_urgent = $4, behind = $5::text::json
WHERE name = $1
"""
_NOTE_BEHIND = """
UPDATE subscriber s SET events_behind = new.events, behind_since = to_timestamp(new.since)
FROM unnest($1::text[], $2::bigint[], $3::float8[]) AS new(name, events, since) WHERE s.name = new.name
"""
_READ_BEHIND = """
SELECT name, events_behind, coalesce(extract(epoch FROM statement_timestamp() - behind_since), 0)::float8 AS seconds,
    coalesce(set_aside, 0) AS set_aside
FROM subscriber LEFT JOIN (
    SELECT subscriber AS name, count(*) AS set_aside FROM subscriber_failure
    WHERE subscriber = ANY($1::text[]) GROUP BY subscriber
) failures USING (name)
WHERE name = ANY($1::text[])
"""
_RUN_SOON = "UPDATE subscriber_sweep SET after = $1, is_urgent = true"
_BEAT = """
INSERT INTO subscriber_process (id, seen_at) VALUES ($1, statement_timestamp())
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
"""
_DELETE_DEAD = (
    "DELETE FROM subscriber_process WHERE seen_at < statement_timestamp() - interval '4 seconds' RETURNING id"
)
_LEAVE = "DELETE FROM subscriber_process WHERE id = $1"
START = UUID(int=0)
"""A sweep begins with the first stream after this id."""


async def add(connection: Connection, name: str) -> None:
    await connection.execute(_ADD, name, START)


async def claim(connection: Connection, name: str) -> Any | None:
    """Locks the sweep if its next slice is due. None otherwise."""
    rows = await connection.fetch(_CLAIM, name)
    return rows[0] if rows else None


async def find_end(connection: Connection, after: UUID, limit: int) -> UUID | None:
    """Returns the last stream of a slice. None if the slice is the last one."""
    end: UUID | None = await connection.fetchval(_END_OF_SLICE, after, limit)
    return end


async def list_behind(connection: Connection, after: UUID, end: UUID | None, names: Sequence[str]) -> Sequence[Any]:
    """Returns (id, name, events, since) of each stream and subscriber whose cursor is behind the head.

    `since` is the time of the oldest event in seconds since 1970, None if the log no longer holds any.
    """
    rows: Sequence[Any] = await connection.fetch(_BEHIND, after, end, names)
    return rows


async def move(
    connection: Connection, name: str, after: UUID | None, pause: float, behind: str, *, is_urgent: bool
) -> None:
    """Ends a slice. The next one is due after `pause` seconds. `behind` is JSON."""
    await connection.execute(_MOVE, name, after or START, pause, is_urgent, behind)


async def note_behind(connection: Connection, behind: Mapping[str, tuple[int, float | None]]) -> None:
    """Stores the result of a whole sweep: by subscriber, the number of events and the time of the oldest."""
    events, since = zip(*behind.values(), strict=True)
    await connection.execute(_NOTE_BEHIND, list(behind), events, since)


async def read_behind(connection: Connection, names: Sequence[str]) -> Sequence[Any]:
    """Returns (name, events_behind, seconds) as of the last sweep, and the number of events that are set aside now."""
    rows: Sequence[Any] = await connection.fetch(_READ_BEHIND, names)
    return rows


async def run_soon(connection: Connection) -> None:
    """Restarts all sweeps, at once and without pauses."""
    await connection.execute(_RUN_SOON, START)


async def beat(connection: Connection, process: UUID) -> bool:
    """Stores that the process is alive. Returns True if another process was found dead."""
    await connection.execute(_BEAT, process)
    return bool(await connection.fetch(_DELETE_DEAD))


async def leave(connection: Connection, process: UUID) -> None:
    await connection.execute(_LEAVE, process)
