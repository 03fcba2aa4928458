from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, Integer, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, Timestamps


class Chat(Timestamps, Base):
    """A chat, the root of its family: its id is the `chat_id` of all the others.

    `last_seq` counts messages. `furthest_*` and `runner_up_read_seq` are the two furthest read positions of different
    people: what others have read is one of the two for everyone, with no member's row looked at. `active_at` orders the
    lists of chats. A chat is deleted by `deleted_at`, at once for everyone; its rows go in chunks until `purged_at`.
    """

    __tablename__ = "chat"
    # Updated with every batch of messages: no index holds a column that changes then.
    __table_args__ = {"postgresql_with": {"fillfactor": 50}}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[UUID | None]
    created_by: Mapped[UUID]
    send_checks: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    member_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    active_at: Mapped[datetime]
    furthest_read_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    furthest_reader_id: Mapped[UUID | None]
    runner_up_read_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    # Of title, description and owner: their events have the same time.
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]


# What a crash has left half-deleted is found at the next start.
Index(
    "ix_chat_to_purge",
    Chat.deleted_at,
    postgresql_where=Chat.deleted_at.is_not(None) & Chat.purged_at.is_(None),
)
