"""Pins of messages. Changes run under the lock of the chat's stream."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_chat, one_row


class MessagePin(ChatFamilyModel):
    """A pinned message."""

    __tablename__ = "message_pin"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[UUID]
    pinned_at: Mapped[datetime]


# Messages that were deleted while the module was disabled are still in the table.
_LIST = f"""
SELECT p.seq, p.account_id, p.pinned_at
FROM message_pin p CROSS JOIN LATERAL {one_row("message", chat_id="p.chat_id", seq="p.seq")} m
WHERE p.chat_id = $1 AND m.deleted_at IS NULL ORDER BY p.pinned_at DESC, p.seq DESC
"""  # noqa: S608 - constants only
_INSERT = "INSERT INTO message_pin (chat_id, seq, account_id, pinned_at) VALUES ($1, $2, $3, $4)"
_DELETE = "DELETE FROM message_pin WHERE chat_id = $1 AND seq = ANY($2) RETURNING seq"
PURGE = delete_of_chat("message_pin", "seq")


async def list_pins(connection: DatabaseConnection, chat_id: UUID) -> list[Any]:
    """Returns the pins of a chat, the newest first."""
    return list(await connection.fetch(_LIST, chat_id))


async def insert_pin(
    connection: DatabaseConnection, chat_id: UUID, seq: int, account_id: UUID, pinned_at: datetime
) -> None:
    await connection.execute(_INSERT, chat_id, seq, account_id, pinned_at)


async def delete_pins(connection: DatabaseConnection, chat_id: UUID, seqs: Sequence[int]) -> list[int]:
    """Returns the numbers of those messages that were pinned, in ascending order."""
    return sorted(row["seq"] for row in await connection.fetch(_DELETE, chat_id, list(seqs)))
