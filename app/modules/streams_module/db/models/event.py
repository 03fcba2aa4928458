from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class Event(Base):
    """An event of a stream.

    `data` is json, not jsonb: its bytes are sent as they were written. There is no foreign key: a transaction that
    appends holds the row lock of the stream, so the stream exists, and the hottest path saves a check.
    """

    __tablename__ = "event"

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]
