"""Appending to logs, in hand-written SQL: every send goes through here.

The numbers are taken from the stream's row, whose lock the statement takes if its transaction has not got it yet.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

# $1 stream, $2 kinds, $3 data, $4 at. The one text that appends: alone, or as a part of the statement that sends.
APPEND_PARTS = """
head AS (
    UPDATE stream SET last_seq = last_seq + cardinality($2::text[]) WHERE id = $1
    RETURNING last_seq, last_seq - cardinality($2::text[]) AS base
), appended AS (
    INSERT INTO event (stream_id, seq, kind, data, at)
    SELECT $1, head.base + new.n, new.kind, new.data::json, $4
    FROM head, unnest($2::text[], $3::text[]) WITH ORDINALITY AS new(kind, data, n)
)
"""
_APPEND = f"WITH {APPEND_PARTS} SELECT last_seq FROM head"  # noqa: S608 - constants only

# $1 streams, one event each, $2 kind, $3 data, $4 at
_APPEND_TO_EACH = """
WITH new AS (
    SELECT * FROM unnest($1::uuid[], $3::text[]) AS new(stream_id, data)
), head AS (
    UPDATE stream SET last_seq = last_seq + 1 FROM new WHERE id = new.stream_id
    RETURNING id, last_seq, new.data AS data
), appended AS (
    INSERT INTO event (stream_id, seq, kind, data, at)
    SELECT id, last_seq, $2, data::json, $4 FROM head
)
SELECT id, last_seq FROM head
"""

# One by one in the order of their ids: two transactions that take the same locks take them in the same order.
_LOCK = "SELECT id FROM stream WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"


class NewEvent(NamedTuple):
    """An event before it has its number. `data` is JSON text."""

    kind: str
    data: str


class Executor(Protocol):
    """asyncpg's connection, be it pooled or under a session."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...
    async def fetch(self, query: str, *args: Any) -> Any: ...
    async def execute(self, query: str, *args: Any) -> Any: ...


async def insert_stream(connection: Executor, stream_id: UUID) -> None:
    await connection.execute("INSERT INTO stream (id) VALUES ($1)", stream_id)


async def claim_stream(connection: Executor, stream_id: UUID) -> bool:
    """Whether the id was free. Waits for a transaction that is claiming it at the same time."""
    statement = "INSERT INTO stream (id) VALUES ($1) ON CONFLICT (id) DO NOTHING RETURNING id"
    return await connection.fetchval(statement, stream_id) is not None


async def lock_streams(connection: Executor, stream_ids: Sequence[UUID]) -> set[UUID]:
    """Locks the rows until the transaction's end; the ids that exist."""
    return {row["id"] for row in await connection.fetch(_LOCK, sorted(set(stream_ids)))}


async def append_events(connection: Executor, stream_id: UUID, events: Sequence[NewEvent], at: datetime) -> int:
    """Appends in the given order; the number of the last one."""
    last_seq = await connection.fetchval(
        _APPEND, stream_id, [event.kind for event in events], [event.data for event in events], at
    )
    if last_seq is None:
        raise LookupError(f"there is no stream {stream_id}")
    return int(last_seq)


async def append_to_each(
    connection: Executor, kind: str, data: Mapping[UUID, str], at: datetime
) -> list[tuple[UUID, int]]:
    """Appends one event of a kind to each of many streams, which are locked already; their new heads."""
    rows = await connection.fetch(_APPEND_TO_EACH, list(data), kind, list(data.values()), at)
    return [(row["id"], row["last_seq"]) for row in rows]
