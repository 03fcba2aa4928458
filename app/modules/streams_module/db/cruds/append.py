"""Appending to logs, in hand-written SQL: every send goes through here.

The numbers are taken from the stream's row, whose lock the statement takes if its transaction has not got it yet.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

# $1 streams, $2 kinds, $3 JSON in UTF-8, of each event; $4 at. A single kind is that of all events. The one text that
# appends: alone, or as a part of the statement that sends. Events of one stream are numbered in the order given.
APPEND_PARTS = """
added AS (
    SELECT *, row_number() OVER (PARTITION BY stream_id ORDER BY place) AS n
    FROM unnest($1::uuid[], $2::text[], $3::bytea[]) WITH ORDINALITY AS added(stream_id, kind, data, place)
), head AS (
    UPDATE stream SET last_seq = last_seq + counted.many
    FROM (SELECT stream_id, count(*) AS many FROM added GROUP BY stream_id) AS counted
    WHERE id = counted.stream_id
    RETURNING id, last_seq, last_seq - counted.many AS base
), appended AS (
    INSERT INTO event (stream_id, seq, kind, data, at)
    SELECT id, head.base + added.n, coalesce(added.kind, ($2::text[])[1]), convert_from(added.data, 'UTF8')::json, $4
    FROM head JOIN added ON added.stream_id = head.id
)
"""
_APPEND = f"WITH {APPEND_PARTS} SELECT id, last_seq FROM head"  # noqa: S608 - constants only

# One by one in the order of their ids: two transactions that take the same locks take them in the same order.
_LOCK = "SELECT id FROM stream WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"


class NewEvent(NamedTuple):
    """An event before it has its number. `data` is JSON."""

    kind: str
    data: bytes


async def insert_stream(connection: DatabaseConnection, stream_id: UUID) -> None:
    await connection.execute("INSERT INTO stream (id) VALUES ($1)", stream_id)


async def claim_stream(connection: DatabaseConnection, stream_id: UUID) -> bool:
    """Whether the id was free. Waits for a transaction that is claiming it at the same time."""
    statement = "INSERT INTO stream (id) VALUES ($1) ON CONFLICT (id) DO NOTHING RETURNING id"
    return await connection.fetchval(statement, stream_id) is not None


async def lock_streams(connection: DatabaseConnection, stream_ids: Sequence[UUID]) -> set[UUID]:
    """Locks the rows until the transaction's end; the ids that exist."""
    return {row["id"] for row in await connection.fetch(_LOCK, sorted(set(stream_ids)))}


async def append_events(
    connection: DatabaseConnection, events: Sequence[tuple[UUID, NewEvent]], at: datetime
) -> dict[UUID, int]:
    """Appends each to its stream, in the given order; the streams' new heads. What is no stream is left out."""
    rows = await connection.fetch(
        _APPEND,
        [stream_id for stream_id, _ in events],
        [event.kind for _, event in events],
        [event.data for _, event in events],
        at,
    )
    return {row["id"]: row["last_seq"] for row in rows}
