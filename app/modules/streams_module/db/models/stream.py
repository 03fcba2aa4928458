from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class Stream(Base):
    """The head of a stream. Its row lock makes the order of numbers and the order of commits the same.

    `last_seq`: number of the newest event, 0 before the first. `first_seq`: number of the oldest stored event.
    """

    __tablename__ = "stream"
    # Updated with every event. Free space keeps the new row version on the same page, so no index is updated.
    __table_args__ = {"postgresql_with": {"fillfactor": 50}}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    first_seq: Mapped[int] = mapped_column(BigInteger, default=1, server_default="1")
