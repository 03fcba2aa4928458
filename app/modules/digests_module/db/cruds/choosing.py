"""Reads what is due, and moves the positions of what is mailed."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_account, delete_of_chat, one_row

_LIST_DUE = "SELECT account_id FROM digest_position WHERE due_at <= $1 ORDER BY due_at LIMIT $2"
# The row is deleted if the account is no longer a member.
_LIST_POSITIONS = f"""
SELECT p.chat_id, p.seq, p.first_seq, c.type, c.last_seq, m.read_seq
FROM digest_position p
LEFT JOIN LATERAL (
    SELECT m.chat_id, m.read_seq FROM {one_row("chat_member", chat_id="p.chat_id", account_id="p.account_id")} m
) m ON true
LEFT JOIN LATERAL {one_row("chat", id="m.chat_id")} c ON c.deleted_at IS NULL
WHERE p.account_id = $1 AND p.due_at IS NOT NULL ORDER BY p.due_at LIMIT $2
FOR UPDATE OF p
"""  # noqa: S608 - constants only
_LIST_UNREAD = """
SELECT seq, created_at FROM message
WHERE chat_id = $1 AND seq > $2 AND deleted_at IS NULL AND sender_id <> $3 AND created_at >= $4 ORDER BY seq LIMIT $5
"""
_FIND_LAST_BEFORE = """
SELECT seq FROM message WHERE chat_id = $1 AND seq > $2 AND created_at <= $3 ORDER BY seq DESC LIMIT 1
"""
_HAS_MAIL = """
SELECT EXISTS (SELECT FROM job WHERE owner_id = $1 AND name = 'digests.send' AND state <> 'dead')
"""
_MOVE = """
UPDATE digest_position SET seq = $3, first_seq = $4, due_at = $5 WHERE account_id = $1 AND chat_id = $2
"""
_DELETE = "DELETE FROM digest_position WHERE account_id = $1 AND chat_id = $2"
_POSTPONE = "UPDATE digest_position SET due_at = $2 WHERE account_id = $1 AND due_at < $2"
_FORGET = "UPDATE digest_position SET first_seq = NULL, due_at = NULL WHERE account_id = $1 AND due_at IS NOT NULL"

DELETE_OF_ACCOUNT = delete_of_account("digest_position", "chat_id")
PURGES = (delete_of_chat("digest_position", "account_id"), delete_of_chat("digest_chat"))


class Position(NamedTuple):
    """What an account has been mailed of a chat. Without a type it is no longer a member of the chat."""

    chat_id: UUID
    seq: int
    first_seq: int
    chat_type: str | None
    last_seq: int
    read_seq: int


class UnreadMessage(NamedTuple):
    seq: int
    created_at: datetime


async def list_due(connection: DatabaseConnection, at: datetime, limit: int) -> list[UUID]:
    """Returns accounts for which something is due, those that have waited longest first."""
    return list(dict.fromkeys(row["account_id"] for row in await connection.fetch(_LIST_DUE, at, limit)))


async def list_positions(connection: DatabaseConnection, account_id: UUID, limit: int) -> list[Position]:
    """Returns the chats in which something may be unread, and locks their rows."""
    return [Position(*row) for row in await connection.fetch(_LIST_POSITIONS, account_id, limit)]


async def list_unread(
    connection: DatabaseConnection, chat_id: UUID, after: int, account_id: UUID, since: datetime, limit: int
) -> list[UnreadMessage]:
    """Returns messages of others after a number."""
    rows = await connection.fetch(_LIST_UNREAD, chat_id, after, account_id, since, limit)
    return [UnreadMessage(*row) for row in rows]


async def find_last_before(connection: DatabaseConnection, chat_id: UUID, after: int, at: datetime) -> int:
    """Returns the last number after `after` that is as old, or `after`."""
    found: int | None = await connection.fetchval(_FIND_LAST_BEFORE, chat_id, after, at)
    return after if found is None else found


async def has_mail(connection: DatabaseConnection, account_id: UUID) -> bool:
    """Returns True if a mail to the account waits, for example because the mail server does not answer."""
    return bool(await connection.fetchval(_HAS_MAIL, account_id))


async def move(
    connection: DatabaseConnection,
    account_id: UUID,
    chat_id: UUID,
    seq: int,
    first_seq: int | None,
    due_at: datetime | None,
) -> None:
    await connection.execute(_MOVE, account_id, chat_id, seq, first_seq, due_at)


async def delete(connection: DatabaseConnection, account_id: UUID, chat_id: UUID) -> None:
    await connection.execute(_DELETE, account_id, chat_id)


async def postpone(connection: DatabaseConnection, account_id: UUID, until: datetime) -> None:
    """Nothing of the account is due before `until`."""
    await connection.execute(_POSTPONE, account_id, until)


async def forget(connection: DatabaseConnection, account_id: UUID) -> None:
    """Nothing of the account is due until new messages come."""
    await connection.execute(_FORGET, account_id)
