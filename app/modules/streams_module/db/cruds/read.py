"""Reads and deletes events, in hand-written SQL. Stored JSON is sent as it is, without being parsed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from app.adapters.db.citus import has_citus, of_one
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import time_as_json

if TYPE_CHECKING:
    import asyncpg

_HEAD = "SELECT first_seq, last_seq FROM stream WHERE id = $1"
_AFTER = "SELECT seq, kind, data, at FROM event WHERE stream_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"

_AT = time_as_json("e.at")
# One statement, so its snapshot cannot miss events that are pruned meanwhile. The database writes the JSON. $4 are the
# kinds that may be the last event that a reader sees, $5 is the maximum of bytes.
_PAGE = f"""
SELECT s.first_seq, s.last_seq, CASE WHEN page.may_end OR octet_length(page.items) > $5 THEN NULL
    ELSE convert_to(coalesce(page.items, ''), 'UTF8') END AS items
FROM stream s CROSS JOIN LATERAL (
    SELECT bool_or(e.kind = ANY($4::text[])) AS may_end, string_agg(
        concat('{{"stream_id":"', e.stream_id, '","seq":', e.seq, ',"kind":"', e.kind, '","data":', e.data,
               ',"at":', {_AT}, '}}'), ',' ORDER BY e.seq) AS items
    FROM (SELECT * FROM event WHERE stream_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) e
) page WHERE s.id = $1
"""  # noqa: S608 - constants only


class Page(NamedTuple):
    """First and last number of a stream, and some of its events as JSON without brackets (b"" if there are none).

    `items` is None if the events are too large, or one is of a requested kind.
    """

    first_seq: int
    last_seq: int
    items: bytes | None


async def find_page(
    connection: DatabaseConnection, stream_id: UUID, after: int, limit: int, ends: Sequence[str], size: int
) -> Page:
    """Returns the events after a sequence number, in ascending order.

    They are left out if they have more than `size` bytes, or if the kind of one is in `ends`.
    """
    rows: Sequence[Any] = await connection.fetch(_PAGE, stream_id, after, limit, ends, size)
    return Page(*rows[0]) if rows else Page(1, 0, b"")


async def find_head(connection: DatabaseConnection, stream_id: UUID) -> tuple[int, int] | None:
    """Returns the first and last number of a stream. None if it does not exist."""
    rows: Sequence[Any] = await connection.fetch(_HEAD, stream_id)
    return (rows[0]["first_seq"], rows[0]["last_seq"]) if rows else None


async def find_head_or_start(connection: DatabaseConnection, stream_id: UUID) -> tuple[int, int]:
    """Returns the first and last number of a stream. (1, 0) if it does not exist: those of one without events."""
    return await find_head(connection, stream_id) or (1, 0)


async def list_events(
    connection: DatabaseConnection, stream_id: UUID, after: int, limit: int
) -> "Sequence[asyncpg.Record]":
    """Returns the events after a sequence number, in ascending order."""
    events: Sequence[asyncpg.Record] = await connection.fetch(_AFTER, stream_id, after, limit)
    return events


# Numbers have no gaps, so the oldest rows are known without a search.
_TRUNCATE = "DELETE FROM event WHERE stream_id = $1 AND seq >= $2 AND seq < $3"
_SET_FIRST = "UPDATE stream SET first_seq = $2 WHERE id = $1"


async def delete_oldest(connection: DatabaseConnection, stream_id: UUID, first_seq: int, until: int) -> None:
    """Deletes the events from `first_seq` to `until - 1`. `until` becomes the first number."""
    await connection.execute(_TRUNCATE, stream_id, first_seq, until)
    await connection.execute(_SET_FIRST, stream_id, until)


_HEADS = "SELECT id, first_seq, last_seq FROM stream WHERE id = ANY($1)"
# As text: a connection of a session calls a function in Python for each JSON value. `size` is the number of bytes up to
# this event; the events come in the order of the requested streams, so nothing is sorted.
_AFTER_EACH = """
SELECT stream_id, seq, kind, data, at, size FROM (
    SELECT requested.stream_id AS stream_id, place, seq, kind, data, at, octet_length(data) AS own,
        sum(octet_length(data)) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) AS size
    FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS requested(stream_id, after, place)
    CROSS JOIN LATERAL (
        SELECT seq, kind, data::text, at FROM event WHERE stream_id = requested.stream_id AND seq > requested.after
        ORDER BY seq LIMIT $3
    ) e
) sized WHERE size - own < $4 ORDER BY place
"""
_AFTER_ONE = of_one(_AFTER_EACH, "requested.stream_id")


class Part(NamedTuple):
    """The next events of a stream, in order. `has_more`: there may be more of them, also if `events` is empty."""

    events: Sequence[Any]
    has_more: bool


async def list_heads(connection: DatabaseConnection, stream_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Returns the first and last number of each stream that exists."""
    rows = await connection.fetch(_HEADS, stream_ids)
    return {row["id"]: (row["first_seq"], row["last_seq"]) for row in rows}


async def list_after(
    connection: DatabaseConnection, afters: Mapping[UUID, int], limit: int, size: int
) -> dict[UUID, Part]:
    """Returns up to `limit` events of each stream after its number, for all streams in the given order.

    The event with which their JSON has `size` bytes or more is the last one: later streams are not read.
    """
    if has_citus(connection):
        return await _list_after_one_by_one(connection, afters, limit, size)
    rows: Sequence[Any] = await connection.fetch(_AFTER_EACH, list(afters), list(afters.values()), limit, size)
    events: dict[UUID, list[Any]] = {stream_id: [] for stream_id in afters}
    for row in rows:
        events[row["stream_id"]].append(row)
    last = rows[-1]["stream_id"] if rows and rows[-1]["size"] >= size else None
    parts: dict[UUID, Part] = {}
    is_full = False
    for stream_id, found in events.items():
        is_full |= stream_id == last
        parts[stream_id] = Part(found, is_full or len(found) == limit)
    return parts


async def _list_after_one_by_one(
    connection: DatabaseConnection, afters: Mapping[UUID, int], limit: int, size: int
) -> dict[UUID, Part]:
    parts: dict[UUID, Part] = {}
    for stream_id, after in afters.items():
        found = await connection.fetch(_AFTER_ONE, [stream_id], [after], limit, size) if size > 0 else []
        size -= found[-1]["size"] if found else 0
        parts[stream_id] = Part(found, size <= 0 or len(found) == limit)
    return parts
