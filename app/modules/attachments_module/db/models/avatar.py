from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, ChatFamilyModel


class AccountAvatar(Base):
    """The avatar of an account: one of its files, which is kept for it."""

    __tablename__ = "account_avatar"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    attachment_id: Mapped[UUID]


class ChatAvatar(ChatFamilyModel):
    """The avatar of a chat: a file of the member who set it, which is kept for it."""

    __tablename__ = "chat_avatar"

    attachment_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(index=True)
