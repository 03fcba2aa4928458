from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, BaseModel


class AccountMailbox(Base):
    """What is known of an account's address.

    `verified_key` is the canonical form of the address that was verified last. The account's address is verified if it
    has this form. `first_verified_at` is the time since when a mail has proven who owns the account; accounts that were
    verified before this was stored have none. `pending_email` is the address that becomes the account's as soon as it
    is confirmed.
    """

    __tablename__ = "account_mailbox"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    verified_key: Mapped[str | None] = mapped_column(Text)
    first_verified_at: Mapped[datetime | None]
    pending_email: Mapped[str | None] = mapped_column(Text)


class PendingSignUp(BaseModel):
    """A sign-up whose address is not verified yet. It reserves neither the address nor the username.

    `token_hash` is null until its mail is sent. Until it expires, a row with `mailed_at` counts as a mail to the
    mailbox that a client in `network` has caused.
    """

    __tablename__ = "pending_sign_up"

    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text, index=True)
    username: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    network: Mapped[str] = mapped_column(Text, server_default="")
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    mailed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class RecoveryToken(Base):
    """The hash of a token that was sent to `email`. Used ones stay until their mail cannot be sent again.

    `email_key` is the canonical form of `email`, by which the mails to a mailbox are counted. It is null in rows of
    older versions.
    """

    __tablename__ = "recovery_token"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str | None] = mapped_column(Text, index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
