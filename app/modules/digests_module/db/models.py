"""Which unread messages of which accounts are to be mailed, and how far the search for them has come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, ChatFamilyModel


class DigestPosition(Base):
    """What an account has been mailed of a chat, and may have to be mailed next.

    `seq`: messages up to this number are in no further mail. `first_seq`: the first number to look at, and `due_at`:
    when. Both are null while nothing is known that may have to be mailed.
    """

    __tablename__ = "digest_position"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    chat_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    first_seq: Mapped[int | None] = mapped_column(BigInteger)
    due_at: Mapped[datetime | None]


Index("ix_digest_position_due_at", DigestPosition.due_at, postgresql_where=DigestPosition.due_at.is_not(None))


class DigestChat(ChatFamilyModel):
    """The last message of a chat whose readers the search has looked for."""

    __tablename__ = "digest_chat"
    # Updated every minute while people write. Free space keeps the new row version on the same page.
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012

    seq: Mapped[int] = mapped_column(BigInteger)


class DigestSearch(Base):
    """The one row of the search. Older messages than `started_at` are in no mail. `after` is the last chat looked at.

    `ran_at` is the time of the last run.
    """

    __tablename__ = "digest_search"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, server_default=text("1"))
    after: Mapped[UUID]
    started_at: Mapped[datetime]
    ran_at: Mapped[datetime]
