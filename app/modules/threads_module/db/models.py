from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel


class Thread(ChatFamilyModel):
    """The replies to one message, counted. It stays when its root is deleted.

    `last_seq`: the newest reply that is not deleted, None without one. `active_at`: when the last reply was sent.
    """

    __tablename__ = "thread"

    root_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    reply_count: Mapped[int] = mapped_column(Integer)
    last_seq: Mapped[int | None] = mapped_column(BigInteger)
    active_at: Mapped[datetime]


class ThreadReply(ChatFamilyModel):
    """A reply that is not deleted."""

    __tablename__ = "thread_reply"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    root_seq: Mapped[int] = mapped_column(BigInteger)
    sender_id: Mapped[UUID]


class ThreadParticipant(ChatFamilyModel):
    """An account with replies in a thread, which it may have left. `first_seq`: the first of them."""

    __tablename__ = "thread_participant"

    root_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    first_seq: Mapped[int] = mapped_column(BigInteger)
    reply_count: Mapped[int] = mapped_column(Integer)


class ThreadPosition(ChatFamilyModel):
    """How far a member has read a thread, and if it follows it. It ends with the membership.

    `is_following` is None if the member has only read it. Then the next reply makes the author of the root follow it.
    """

    __tablename__ = "thread_position"
    __table_args__ = (
        ForeignKeyConstraint(
            ["chat_id", "account_id"], ["chat_member.chat_id", "chat_member.account_id"], ondelete="CASCADE"
        ),
    )

    root_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    read_seq: Mapped[int] = mapped_column(BigInteger)
    is_following: Mapped[bool | None]


Index("ix_thread_reply_root_seq", ThreadReply.chat_id, ThreadReply.root_seq, ThreadReply.seq)
# The first reply of a participant, and the first participants of a thread. The conditions are always true: only
# statements that contain them can use the indexes.
Index(
    "ix_thread_reply_sender_id",
    ThreadReply.chat_id,
    ThreadReply.root_seq,
    ThreadReply.sender_id,
    ThreadReply.seq,
    postgresql_where=ThreadReply.seq >= 0,
)
Index(
    "ix_thread_participant_first_seq",
    ThreadParticipant.chat_id,
    ThreadParticipant.root_seq,
    ThreadParticipant.first_seq,
    postgresql_where=ThreadParticipant.first_seq >= 0,
)
# The memberships that end, and the positions of a member.
Index("ix_thread_position_account_id", ThreadPosition.account_id, ThreadPosition.chat_id)
# The threads that an account follows. It may have any number of other positions.
Index("ix_thread_position_followed", ThreadPosition.account_id, postgresql_where=ThreadPosition.is_following)
