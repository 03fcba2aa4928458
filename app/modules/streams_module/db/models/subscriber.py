"""Tables of subscribers: their cursors, their failures, and the sweep."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class SubscriberRow(Base):
    """A subscriber known to this database.

    `registered_through`: the last stream, by id, for which the registration has written a cursor. `is_registered`: the
    registration is complete, and events are handled. `events_behind`, `behind_since`: the number of events not handled
    yet and the time of the oldest, as of the last sweep.
    """

    __tablename__ = "subscriber"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    registered_through: Mapped[UUID | None]
    is_registered: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    events_behind: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    behind_since: Mapped[datetime | None]


class SubscriberCursor(Base):
    """The last event of a stream that a subscriber has handled or skipped.

    `attempts`: failures at the next event. `retry_at`: no attempt before this time. `is_halted`: waits for an operator.
    """

    __tablename__ = "subscriber_cursor"
    __table_args__ = (
        # Retries of a subscriber whose module is disabled wait for any time.
        Index("ix_subscriber_cursor_due", "subscriber", "retry_at", postgresql_where=text("retry_at IS NOT NULL")),
        # Updated with every event. Free space keeps the new row version on the same page.
        {"postgresql_with": {"fillfactor": 70}},
    )

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    subscriber: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    retry_at: Mapped[datetime | None]
    is_halted: Mapped[bool] = mapped_column(server_default=text("false"))


class SubscriberFailure(Base):
    """An event that a subscriber could not handle. With `retry_at` it is handled once more."""

    __tablename__ = "subscriber_failure"
    __table_args__ = (
        Index("ix_subscriber_failure_retry_at", "retry_at", postgresql_where=text("retry_at IS NOT NULL")),
        Index("ix_subscriber_failure_failed_at", "subscriber", "failed_at"),
    )

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    subscriber: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    error: Mapped[str] = mapped_column(Text)
    failed_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]


class SubscriberSweep(Base):
    """The sweep over all stream heads, which finds events that caused no notification.

    Processes with the same subscribers share one. `name`: the names of those subscribers.
    `after`: the last stream of the previous slice. `next_at`: when the next slice is due. `is_urgent`: slices are due
    at once until the end of the sweep. `behind`: by subscriber, the events that this sweep has found, and the time of
    the oldest.
    """

    __tablename__ = "subscriber_sweep"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    after: Mapped[UUID]
    next_at: Mapped[datetime]
    is_urgent: Mapped[bool] = mapped_column(server_default=text("true"))
    behind: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class SubscriberProcess(Base):
    """A process that runs subscribers. If it dies, the events that it committed are searched for at once."""

    __tablename__ = "subscriber_process"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
