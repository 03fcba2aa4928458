from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class SignInFailures(Base):
    """The number of consecutive wrong passwords of a subject.

    `id` is the id of an account, or it is derived: from a known device or network and the password, or from an unknown
    login. All are counted alike, so that an attacker does not learn which logins exist. The row of an account is kept
    until the right password is given: its `forget_at` is null.
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
