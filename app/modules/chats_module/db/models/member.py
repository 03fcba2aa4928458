from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, ChatFamilyModel


class ChatMember(ChatFamilyModel):
    """A member of a chat. `joined_event_seq` is the sequence number of the member's `member.added` event.

    `joined_read_seq` is the read position that the member got by joining: what is beyond it was read.
    `given_role` is only set for a member that another member limits: the role it was given. `role` may be lower.
    """

    __tablename__ = "chat_member"
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012 - read_seq moves all the time

    chat_id: Mapped[UUID] = mapped_column(ForeignKey("chat.id"), primary_key=True, sort_order=-1)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(Text)
    given_role: Mapped[str | None] = mapped_column(Text)
    read_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    joined_read_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    joined_event_seq: Mapped[int] = mapped_column(BigInteger)
    joined_at: Mapped[datetime]


# Pages of members. Neither column changes, so an update of `read_seq` writes to no index. The condition is always true:
# only statements that contain it can use the index.
Index(
    "ix_chat_member_joined_event_seq",
    ChatMember.chat_id,
    ChatMember.joined_event_seq,
    postgresql_where=ChatMember.joined_event_seq >= 0,
)


class AccountChat(Base):
    """A chat in the chat list of an account: the membership, keyed by the account.

    `joined_seq` is the sequence number of the `chat.joined` event on the account's own stream. `added_by` is the
    account that added it to a group or channel, or the account itself if it created the chat. It is null for a direct
    chat, and for rows older than the column.
    """

    __tablename__ = "account_chat"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    chat_id: Mapped[UUID] = mapped_column(primary_key=True)
    joined_seq: Mapped[int] = mapped_column(BigInteger)
    added_by: Mapped[UUID | None]


Index(
    "ix_account_chat_added_by",
    AccountChat.account_id,
    AccountChat.added_by,
    postgresql_where=AccountChat.added_by.is_not(None),
)


class FormerMember(ChatFamilyModel):
    """An account that is no longer a member. It may read the chat's events up to `left_event_seq`, and nothing else."""

    __tablename__ = "former_member"

    account_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    left_event_seq: Mapped[int] = mapped_column(BigInteger)


# The last departure, for statements that contain the condition.
Index(
    "ix_former_member_left_event_seq",
    FormerMember.chat_id,
    FormerMember.left_event_seq,
    postgresql_where=FormerMember.left_event_seq >= 0,
)
