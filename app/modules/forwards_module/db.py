"""Where forwarded messages come from, in hand-written SQL."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_chat


class MessageForward(ChatFamilyModel):
    """A message that is a forward. Its origin is the message that was forwarded first.

    `author_id`: the account whose name the forward shows. None if that account was erased.
    """

    __tablename__ = "message_forward"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    origin_chat_id: Mapped[UUID]
    origin_seq: Mapped[int] = mapped_column(BigInteger)
    author_id: Mapped[UUID | None]


Index(
    "ix_message_forward_author",
    MessageForward.author_id,
    MessageForward.chat_id,
    MessageForward.seq,
    postgresql_where=MessageForward.author_id.is_not(None),
)


class Origin(NamedTuple):
    """The message that was forwarded first, and its sender. `author_id` is None for an erased account."""

    chat_id: UUID
    seq: int
    author_id: UUID | None


_FIND = "SELECT origin_chat_id, origin_seq, author_id FROM message_forward WHERE chat_id = $1 AND seq = $2"
_FIND_NAME = "SELECT display_name FROM account WHERE id = $1"
_INSERT = """
INSERT INTO message_forward (chat_id, seq, origin_chat_id, origin_seq, author_id)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::uuid[])
"""
PURGE = delete_of_chat("message_forward", "seq")
_FIND_CHAT_WITH = "SELECT chat_id FROM message_forward WHERE author_id = $1 LIMIT 1"
# Looked up by their whole keys, as in `delete_of_chat`.
_FORGET_AUTHOR = """
UPDATE message_forward SET author_id = NULL WHERE (chat_id, seq) IN (
    SELECT chat_id, seq FROM message_forward WHERE author_id = $1 AND chat_id = $2 LIMIT $3
) RETURNING seq
"""


async def find_origin(connection: DatabaseConnection, chat_id: UUID, seq: int) -> Origin | None:
    """Returns None if the message is no forward."""
    rows = await connection.fetch(_FIND, chat_id, seq)
    return Origin(*rows[0]) if rows else None


async def find_name(connection: DatabaseConnection, account_id: UUID) -> str:
    return str(await connection.fetchval(_FIND_NAME, account_id) or "")


async def insert_forwards(connection: DatabaseConnection, forwards: Sequence[tuple[UUID, int, Origin]]) -> None:
    """Stores the origins of messages: (chat, seq, origin)."""
    rows: list[tuple[Any, ...]] = [(chat_id, seq, *origin) for chat_id, seq, origin in forwards]
    await connection.execute(_INSERT, *map(list, zip(*rows, strict=True)))


async def find_chat_with_forwards(connection: DatabaseConnection, author_id: UUID) -> UUID | None:
    """Returns a chat with forwards that show the name of the account."""
    found: UUID | None = await connection.fetchval(_FIND_CHAT_WITH, author_id)
    return found


async def forget_author(connection: DatabaseConnection, author_id: UUID, chat_id: UUID, limit: int) -> list[int]:
    """Forgets whose name up to `limit` forwards of a chat show. Returns their sequence numbers."""
    return sorted(row["seq"] for row in await connection.fetch(_FORGET_AUTHOR, author_id, chat_id, limit))
