from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class Stream(Base):
    """The head of a log. Its row lock makes the order of numbers and the order of commits the same.

    `last_seq` is the newest event's number, 0 before the first; `first_seq` is the oldest number that is still kept.
    """

    __tablename__ = "stream"
    # Updated with every event: room on the page keeps the new version beside the old one, and no index is touched.
    __table_args__ = {"postgresql_with": {"fillfactor": 50}}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    first_seq: Mapped[int] = mapped_column(BigInteger, default=1, server_default="1")
