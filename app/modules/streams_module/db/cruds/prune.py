"""Finds old events, in hand-written SQL, by ranges of the key: a chunk costs the same in every stream."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

# The number of heads per statement is limited, old or not: otherwise one statement would read all streams.
_CANDIDATES = """
SELECT s.id, e.at < $2 AND s.first_seq < s.last_seq AS is_old
FROM (SELECT id, first_seq, last_seq FROM stream WHERE id > $1 ORDER BY id LIMIT $3) s
LEFT JOIN event e ON e.stream_id = s.id AND e.seq = s.first_seq
ORDER BY s.id
"""
_FIRST_TO_KEEP = """
SELECT min(e.seq) FROM event e
WHERE e.stream_id = $1 AND e.seq >= $2 AND e.seq < $3 AND e.at >= $4
"""


async def list_candidates(connection: DatabaseConnection, after: UUID, before: datetime, limit: int) -> Sequence[Any]:
    """Returns the next `limit` streams by id, and for each if its oldest event is older than `before`."""
    rows: Sequence[Any] = await connection.fetch(_CANDIDATES, after, before, limit)
    return rows


async def find_first_to_keep(
    connection: DatabaseConnection, stream_id: UUID, first_seq: int, until: int, before: datetime
) -> int:
    """Returns the first number of the range whose event is not older than `before`, or `until` if all are older."""
    seq: int | None = await connection.fetchval(_FIRST_TO_KEEP, stream_id, first_seq, until, before)
    return until if seq is None else seq
