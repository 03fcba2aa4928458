from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class SignInFailures(Base):
    """Wrong passwords in a row, by what they were given for.

    `id` is an account's or a known device's, or it is derived from a known network or from a login that no account has.
    All are counted alike, so that nobody learns which logins exist. An account's row is kept until the right password
    comes: its `forget_at` is null.
    """

    __tablename__ = "sign_in_failures"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    failed_at: Mapped[datetime]
    forget_at: Mapped[datetime | None]


Index(
    "ix_sign_in_failures_forget_at",
    SignInFailures.forget_at,
    postgresql_where=SignInFailures.forget_at.is_not(None),
)
