"""Earlier texts of messages. They change under the lock of the chat's stream."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_account, delete_of_chat


class MessageVersion(ChatFamilyModel):
    """A text that an edit has replaced. `number` is 1, 2, 3, ... in its message.

    A row with the number 0 says when the present text of the message was written: edits of other fields have moved
    `edited_at` since. It has this text: one of an earlier text says nothing, as after an edit without the module.
    Without a text, as an older server writes it, it is about the present one.
    """

    __tablename__ = "message_version"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sender_id: Mapped[UUID] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]


# $3 the last number of the previous page, $4 maximum of bytes of several texts. `found` counts those for which there is
# no room, too.
_LIST = """
SELECT text, written_at, number, found FROM (
    SELECT *, row_number() OVER page AS place, sum(octet_length(text)) OVER page AS size, count(*) OVER () AS found
    FROM message_version WHERE chat_id = $1 AND seq = $2 AND number > 0 AND ($3::bigint IS NULL OR number < $3)
    WINDOW page AS (ORDER BY number DESC)
) sized WHERE place = 1 OR size <= $4 ORDER BY number DESC
"""
_INSERT = """
WITH noted AS (DELETE FROM message_version WHERE chat_id = $1 AND seq = $2 AND number = 0 RETURNING text, written_at)
INSERT INTO message_version (chat_id, seq, number, sender_id, text, written_at)
SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, coalesce((SELECT written_at FROM noted WHERE text IN ('', $4)), $5)
FROM message_version WHERE chat_id = $1 AND seq = $2
RETURNING number
"""
_NOTE_TIME = """
INSERT INTO message_version (chat_id, seq, number, sender_id, text, written_at) VALUES ($1, $2, 0, $3, $4, $5)
ON CONFLICT (chat_id, seq, number) DO UPDATE SET text = excluded.text, written_at = excluded.written_at
WHERE message_version.text NOT IN ('', excluded.text)
"""
_TRIM = "DELETE FROM message_version WHERE chat_id = $1 AND seq = $2 AND number <= $3"
PURGE = delete_of_chat("message_version", "seq", "number")
DELETE_OF_ACCOUNT = delete_of_account("message_version", "chat_id", "seq", "number", account="sender_id")


async def list_versions(
    connection: DatabaseConnection, chat_id: UUID, seq: int, before: int | None, size: int
) -> Sequence[Any]:
    """Returns earlier texts of a message, the newest first. `found` counts also those that are too large for a page."""
    return list(await connection.fetch(_LIST, chat_id, seq, before, size))


async def insert_version(
    connection: DatabaseConnection, chat_id: UUID, seq: int, sender_id: UUID, text: str, written_at: datetime, kept: int
) -> None:
    """Adds a text, and deletes the oldest ones of the message, so that `kept` are left.

    A time that `note_time` has stored for it replaces `written_at`.
    """
    number: int = await connection.fetchval(_INSERT, chat_id, seq, sender_id, text, written_at)
    if number > kept:
        await connection.execute(_TRIM, chat_id, seq, number - kept)


async def note_time(
    connection: DatabaseConnection, chat_id: UUID, seq: int, sender_id: UUID, text: str, written_at: datetime
) -> None:
    """Stores when the present text of a message was written, unless that is stored already."""
    await connection.execute(_NOTE_TIME, chat_id, seq, sender_id, text, written_at)
