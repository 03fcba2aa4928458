from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import BaseModel


class AuthSession(BaseModel):
    """A session: a device that is signed in.

    `generation` is the number of its newest refresh token, which is unspent. Tokens are signed and not stored.
    `origin` says what the sign-in depends on beside this server: the name of a RefreshCheck and an id.
    """

    __tablename__ = "auth_session"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    generation: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    user_agent: Mapped[str] = mapped_column(Text, default="", server_default="")
    address: Mapped[str] = mapped_column(Text, default="", server_default="")
    origin: Mapped[str | None] = mapped_column(Text)
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


Index("ix_auth_session_expires_at", AuthSession.expires_at)
Index("ix_auth_session_revoked_at", AuthSession.revoked_at, postgresql_where=AuthSession.revoked_at.is_not(None))
Index("ix_auth_session_open", AuthSession.account_id, postgresql_where=AuthSession.revoked_at.is_(None))
