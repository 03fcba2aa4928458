"""Which streams an account may read, in hand-written SQL: asked by every socket that connects."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.modules.streams_module.services.log import Executor

_STREAMS = """
SELECT s.id, s.first_seq, s.last_seq, 0::bigint AS joined_event_seq, 0::bigint AS joined_seq, 0 AS member_count,
       NULL AS type, NULL AS role
FROM stream s WHERE s.id = $1
UNION ALL
SELECT s.id, s.first_seq, s.last_seq, m.joined_event_seq, a.joined_seq, c.member_count, c.type, m.role
FROM account_chat a
JOIN chat c ON c.id = a.chat_id AND c.deleted_at IS NULL
JOIN chat_member m ON m.chat_id = a.chat_id AND m.account_id = $1
JOIN stream s ON s.id = a.chat_id
WHERE a.account_id = $1
"""

_CHATS = "SELECT id, type, member_count FROM chat WHERE id = ANY($1)"

# As `find_leaving` of chats has it: of a deleted chat only the last event is left.
_LEFT = """
SELECT f.chat_id, CASE WHEN c.deleted_at IS NULL THEN s.first_seq ELSE s.last_seq END AS first_seq, f.left_event_seq
FROM former_member f JOIN chat c ON c.id = f.chat_id JOIN stream s ON s.id = f.chat_id
WHERE f.chat_id = ANY($1) AND f.account_id = $2
"""


async def list_streams(connection: Executor, account_id: UUID) -> Sequence[Any]:
    """The account's own stream first, then those of its chats, all as of one moment."""
    rows: Sequence[Any] = await connection.fetch(_STREAMS, account_id)
    return rows


async def list_left(connection: Executor, chat_ids: Sequence[UUID], account_id: UUID) -> Sequence[Any]:
    """Those of the chats that the account has left, each with the events that it may still read."""
    rows: Sequence[Any] = await connection.fetch(_LEFT, chat_ids, account_id)
    return rows


async def list_chats(connection: Executor, chat_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Type and number of members of the chats."""
    return {row["id"]: row for row in await connection.fetch(_CHATS, chat_ids)}
