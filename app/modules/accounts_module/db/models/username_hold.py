from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class UsernameHold(Base):
    """A username that its owner gave up. No other account can take it until `held_until`."""

    __tablename__ = "username_hold"

    username: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    held_until: Mapped[datetime] = mapped_column(index=True)
