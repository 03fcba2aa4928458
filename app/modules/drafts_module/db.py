"""Drafts. Changes run under the lock of the account's stream."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_account
from app.utils.invariants import Invariant


class Draft(ChatFamilyModel):
    """A member's draft in a chat. The database deletes it with the membership, however it ends."""

    __tablename__ = "draft"
    __table_args__ = (
        ForeignKeyConstraint(
            ["chat_id", "account_id"], ["chat_member.chat_id", "chat_member.account_id"], ondelete="CASCADE"
        ),
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    text: Mapped[str] = mapped_column(Text)
    reply_to_seq: Mapped[int | None] = mapped_column(BigInteger)
    updated_at: Mapped[datetime]


Index("ix_draft_reply_to_seq", Draft.chat_id, Draft.reply_to_seq, postgresql_where=Draft.reply_to_seq.is_not(None))

INVARIANTS = (
    Invariant(
        says="no draft replies to a deleted message",
        find="""
            SELECT d.account_id AS stream_id, format('message %s of chat %s', d.reply_to_seq, d.chat_id) AS detail
            FROM draft d JOIN message m ON m.chat_id = d.chat_id AND m.seq = d.reply_to_seq
            WHERE m.deleted_at IS NOT NULL
        """,
        advice="messages were deleted while the module was disabled; --fix deletes the drafts",
        fix=(
            """
            DELETE FROM draft d USING message m
            WHERE d.account_id = ANY($1) AND m.chat_id = d.chat_id AND m.seq = d.reply_to_seq
              AND m.deleted_at IS NOT NULL
            """,
        ),
    ),
)

_FIND = "SELECT text, reply_to_seq, updated_at FROM draft WHERE chat_id = $1 AND account_id = $2"
_WRITE = """
INSERT INTO draft (chat_id, account_id, text, reply_to_seq, updated_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (chat_id, account_id) DO UPDATE SET text = excluded.text, reply_to_seq = excluded.reply_to_seq,
    updated_at = excluded.updated_at
"""
_DELETE = "DELETE FROM draft WHERE chat_id = $1 AND account_id = $2"
_LIST_QUOTING = "SELECT account_id FROM draft WHERE chat_id = $1 AND reply_to_seq = ANY($2) ORDER BY account_id"
_DELETE_QUOTING = """
DELETE FROM draft WHERE chat_id = $1 AND reply_to_seq = ANY($2) AND account_id = ANY($3) RETURNING account_id
"""
DELETE_OF_ACCOUNT = delete_of_account("draft", "chat_id")


async def find_draft(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> dict[str, Any] | None:
    rows = await connection.fetch(_FIND, chat_id, account_id)
    return dict(rows[0]) if rows else None


async def write_draft(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, text: str, reply_to_seq: int | None, at: datetime
) -> None:
    await connection.execute(_WRITE, chat_id, account_id, text, reply_to_seq, at)


async def delete_draft(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> None:
    await connection.execute(_DELETE, chat_id, account_id)


async def list_quoting(connection: DatabaseConnection, chat_id: UUID, seqs: Sequence[int]) -> list[UUID]:
    """Returns the accounts whose drafts reply to one of the messages."""
    return [row["account_id"] for row in await connection.fetch(_LIST_QUOTING, chat_id, list(seqs))]


async def delete_quoting(
    connection: DatabaseConnection, chat_id: UUID, seqs: Sequence[int], account_ids: Sequence[UUID]
) -> list[UUID]:
    """Deletes those drafts of the accounts that reply to one of the messages. Returns their accounts."""
    rows = await connection.fetch(_DELETE_QUOTING, chat_id, list(seqs), list(account_ids))
    return [row["account_id"] for row in rows]
