"""Appends events to streams, in hand-written SQL. Sends append theirs in the statement that inserts the messages.

Sequence numbers come from the stream's row. The statement locks that row unless its transaction already has.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.citus import lock_rows
from app.adapters.db.connection import DatabaseConnection

# Of each event: $1 stream, $2 kind, $3 JSON in UTF-8. $4: time of all. Events of a stream are numbered as given.
_APPEND = """
WITH added AS (
    SELECT *, row_number() OVER (PARTITION BY stream_id ORDER BY place) AS n
    FROM unnest($1::uuid[], $2::text[], $3::bytea[]) WITH ORDINALITY AS added(stream_id, kind, data, place)
), head AS (
    UPDATE stream SET last_seq = last_seq + counted.many
    FROM (SELECT stream_id, count(*) AS many FROM added GROUP BY stream_id) AS counted
    WHERE id = counted.stream_id
    RETURNING id, last_seq, last_seq - counted.many AS base
), appended AS (
    INSERT INTO event (stream_id, seq, kind, data, at)
    SELECT id, head.base + added.n, added.kind, convert_from(added.data, 'UTF8')::json, $4
    FROM head JOIN added ON added.stream_id = head.id
)
SELECT id, last_seq FROM head
"""

# One event, which is what most changes append. Without arrays, PostgreSQL keeps the plan: planning the statement above
# takes three times as long as running it.
_APPEND_ONE = """
WITH head AS (
    UPDATE stream SET last_seq = last_seq + 1 WHERE id = $1 RETURNING id, last_seq
), appended AS (
    INSERT INTO event (stream_id, seq, kind, data, at)
    SELECT id, last_seq, $2, convert_from($3, 'UTF8')::json, $4 FROM head
)
SELECT last_seq FROM head
"""

# Rows are locked in the order of their ids: transactions that lock the same rows cannot deadlock.
_LOCK = "SELECT id FROM stream WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
_LOCK_ONE = "SELECT id FROM stream WHERE id = $1 FOR NO KEY UPDATE"


class NewEvent(NamedTuple):
    """An event without its sequence number. `data` is JSON."""

    kind: str
    data: bytes


async def insert_stream(connection: DatabaseConnection, stream_id: UUID) -> None:
    await connection.execute("INSERT INTO stream (id) VALUES ($1)", stream_id)


async def claim_stream(connection: DatabaseConnection, stream_id: UUID) -> bool:
    """Creates the stream. Returns False if the id exists. Waits for a transaction that is creating the same id."""
    statement = "INSERT INTO stream (id) VALUES ($1) ON CONFLICT (id) DO NOTHING RETURNING id"
    return await connection.fetchval(statement, stream_id) is not None


async def lock_streams(connection: DatabaseConnection, stream_ids: Sequence[UUID]) -> set[UUID]:
    """Locks the streams' rows until the end of the transaction. Returns the ids that exist."""
    ids = list(set(stream_ids))
    rows = await (connection.fetch(_LOCK_ONE, *ids) if len(ids) == 1 else lock_rows(connection, _LOCK, ids))
    return {row["id"] for row in rows}


async def append_events(
    connection: DatabaseConnection, events: Sequence[tuple[UUID, NewEvent]], at: datetime
) -> dict[UUID, int]:
    """Appends each event to its stream, in the given order. Returns the new last_seq of each stream that exists."""
    if len(events) == 1:
        ((stream_id, event),) = events
        seq: int | None = await connection.fetchval(_APPEND_ONE, stream_id, event.kind, event.data, at)
        return {} if seq is None else {stream_id: seq}
    rows = await connection.fetch(
        _APPEND,
        [stream_id for stream_id, _ in events],
        [event.kind for _, event in events],
        [event.data for _, event in events],
        at,
    )
    return {row["id"]: row["last_seq"] for row in rows}
