from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, BaseModel


class Account(BaseModel):
    """A person. `username` is kept in lower case; `email` as it was given, compared in lower case."""

    __tablename__ = "account"

    email: Mapped[str] = mapped_column(Text)
    username: Mapped[str] = mapped_column(Text, unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    bio: Mapped[str] = mapped_column(Text, default="", server_default="")
    password_hash: Mapped[str] = mapped_column(Text)
    is_admin: Mapped[bool] = mapped_column(default=False, server_default="false")


Index("uq_account_email", func.lower(Account.email), unique=True)


class AccountPresence(Base):
    """Whether somebody is here: apart from the account, since it changes all the time.

    Whoever serves a socket of the account moves `online_until` ahead; a process that dies leaves it to pass.
    """

    __tablename__ = "account_presence"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    last_seen_at: Mapped[datetime | None]
    online_until: Mapped[datetime | None]
