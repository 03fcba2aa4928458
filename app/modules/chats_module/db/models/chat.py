from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, Integer, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, Timestamps


class Chat(Timestamps, Base):
    """A chat, the root of a family of tables: its id is the `chat_id` of the others.

    `last_seq` is the sequence number of the newest message. `furthest_*` and `runner_up_read_seq` are the two furthest
    read positions of different members. For each member one of the two is what the others have read, so that no row of
    another member has to be read. `active_at` orders lists of chats. `deleted_at` deletes the chat for all members at
    once; its rows are then deleted in chunks until `purged_at`.
    """

    __tablename__ = "chat"
    # The row is updated with each batch of messages. No index contains a column that changes then, so that the updates
    # are heap-only.
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
    # When the title, the description or the owner changed. The event of the change has the same time.
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]


# Finds the chats whose deletion is unfinished, after a crash, too.
Index(
    "ix_chat_to_purge",
    Chat.deleted_at,
    postgresql_where=Chat.deleted_at.is_not(None) & Chat.purged_at.is_(None),
)
