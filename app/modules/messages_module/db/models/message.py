from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, JSON, BigInteger, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel


class Message(ChatFamilyModel):
    """A message. `seq` runs 1, 2, 3, ... in its chat with no hole; a deleted one keeps its number and loses its text.

    `parts` are the fields that modules contribute, without those that are empty. `digest` is of the first body, for the
    comparison on a retry. `event_seqs` are the numbers of the events that hold the content: an edit or a deletion
    changes it there too. No foreign keys: the transaction that inserts holds the lock of the chat's stream and has just
    read the chat and the sender's membership.
    """

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("chat_id", "sender_id", "client_msg_id"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[UUID]
    client_msg_id: Mapped[UUID | None]
    sender_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    parts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reply_to_seq: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    reaction_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    event_seqs: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


# Unread messages are counted without the deleted ones. Sends do not touch this index.
Index("ix_message_deleted", Message.chat_id, Message.seq, postgresql_where=Message.deleted_at.is_not(None))
