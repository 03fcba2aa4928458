"""Tables of jobs and of their schedules."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class JobRow(Base):
    """A job that waits, runs or is dead (its attempts failed). A job that succeeded has no row.

    `lease_id`: the claim of the process that runs it. `leased_until`: another process takes the job over after this
    time, by the database's clock. Both are NULL while the job does not run.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "uq_job_key",
            "owner_id",
            "name",
            "key",
            unique=True,
            postgresql_where=text("state = 'waiting' AND key IS NOT NULL"),
        ),
        # One order for due jobs and for jobs whose lease expires.
        Index("ix_job_due", "lane", text("coalesce(leased_until, run_at)"), postgresql_where=text("state <> 'dead'")),
        Index("ix_job_dead", "name", "run_at", postgresql_where=text("state = 'dead'")),
        # Updated at each claim and each renewal of a lease.
        {"postgresql_with": {"fillfactor": 70}},
    )

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(Text)
    lane: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str] = mapped_column(Text, server_default=text("'waiting'"))
    lease_id: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class JobScheduleRow(Base):
    """The time at which a periodic job is enqueued next. One row per job in the whole installation."""

    __tablename__ = "job_schedule"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    next_at: Mapped[datetime]
