"""Memberships and former memberships, in hand-written SQL: they are read at each request about a chat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

_FIND = """
SELECT c.type, m.role, c.member_count, c.last_seq, m.read_seq, m.joined_event_seq
FROM chat c JOIN chat_member m ON m.chat_id = c.id AND m.account_id = $2
WHERE c.id = $1 AND c.deleted_at IS NULL
"""

_LOG_FOR_MEMBER = """
SELECT m.joined_event_seq, s.first_seq, s.last_seq FROM chat c
JOIN chat_member m ON m.chat_id = c.id AND m.account_id = $2
JOIN stream s ON s.id = c.id
WHERE c.id = $1 AND c.deleted_at IS NULL
"""

# Only the last event of a deleted chat may be read, even while the others are still being deleted. Its members may read
# it like former members, until their memberships end.
_DEPARTURES = """
SELECT f.chat_id, CASE WHEN c.deleted_at IS NULL THEN s.first_seq ELSE s.last_seq END AS first_seq, f.left_event_seq
FROM former_member f JOIN chat c ON c.id = f.chat_id JOIN stream s ON s.id = f.chat_id
WHERE f.chat_id = ANY($1) AND f.account_id = $2
UNION ALL
SELECT m.chat_id, s.last_seq, s.last_seq
FROM chat_member m JOIN chat c ON c.id = m.chat_id JOIN stream s ON s.id = m.chat_id
WHERE m.chat_id = ANY($1) AND m.account_id = $2 AND c.deleted_at IS NOT NULL
"""
_LAST_DEPARTURE = "SELECT max(left_event_seq) FROM former_member WHERE chat_id = $1 AND left_event_seq >= 0"


@dataclass(frozen=True, slots=True)
class Membership:
    """A snapshot of an account's membership of a chat, with the fields of the chat that checks need."""

    chat_id: UUID
    account_id: UUID
    chat_type: str
    role: str
    member_count: int
    last_seq: int
    read_seq: int
    joined_event_seq: int


class ChatLog(NamedTuple):
    """The events of a chat as of the same moment as a membership: the one of the join, the first and the last one."""

    joined_seq: int
    first_seq: int
    last_seq: int


class Departure(NamedTuple):
    """The events of a chat that a former member may read: from `first_seq` to `left_seq`."""

    chat_id: UUID
    first_seq: int
    left_seq: int


async def find_membership(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> Membership | None:
    """Returns None if the account is not a member, or if the chat is deleted or does not exist."""
    rows = await connection.fetch(_FIND, chat_id, account_id)
    return Membership(chat_id, account_id, *rows[0]) if rows else None


async def find_log_for_member(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> ChatLog | None:
    """Returns None if the account is not a member or the chat is deleted."""
    rows = await connection.fetch(_LOG_FOR_MEMBER, chat_id, account_id)
    return ChatLog(*rows[0]) if rows else None


async def list_departures(
    connection: DatabaseConnection, account_id: UUID, chat_ids: Sequence[UUID]
) -> Sequence[Departure]:
    """Returns the departures from those of the chats that the account has left, or that are deleted."""
    return [Departure(*row) for row in await connection.fetch(_DEPARTURES, chat_ids, account_id)]


async def find_departure(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> Departure | None:
    """Returns None if the account is not a former member, and not a member of a deleted chat."""
    departures = await list_departures(connection, account_id, [chat_id])
    return departures[0] if departures else None


async def find_last_departure(connection: DatabaseConnection, chat_id: UUID) -> int:
    """Returns the sequence number of the last event that any former member may read, or 0 without former members."""
    return await connection.fetchval(_LAST_DEPARTURE, chat_id) or 0
