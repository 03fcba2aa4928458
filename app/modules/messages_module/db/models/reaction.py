from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel


class Reaction(ChatFamilyModel):
    """One account's emoji on one message."""

    __tablename__ = "reaction"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    emoji: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
