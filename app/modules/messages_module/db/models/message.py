from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, JSON, BigInteger, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel


class Message(ChatFamilyModel):
    """A message. `seq` is 1, 2, 3, ... in its chat without gaps. A deleted message keeps its number and loses its text.

    `parts`: non-empty fields that modules contribute. `digest`: hash of the first body, compared on a retry.
    `reaction_totals`: number of accounts of each emoji; valid if the sum is `reaction_count`.
    `event_seqs`: numbers of the events that hold the content; edits and deletions change it there too. There are no
    foreign keys: the inserting transaction holds the lock of the chat's stream, and has just read the chat and the
    sender's membership.
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
    reaction_totals: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    event_seqs: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


# Unread messages are counted without deleted ones. Sends do not update this index.
Index("ix_message_deleted", Message.chat_id, Message.seq, postgresql_where=Message.deleted_at.is_not(None))
