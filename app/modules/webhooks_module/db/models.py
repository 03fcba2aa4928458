"""The tables. None refers to another one: cursors are on the nodes of their streams."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, Integer, LargeBinary, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class Webhook(Base):
    """An address that the events of an account are posted to.

    - `kinds`, `chat_ids`: what is posted; NULL is everything that the account may read.
    - `state`: `active` or `paused`; with `paused`, `paused_reason` and `paused_at`.
    - `token_id`, `scopes`: the API key that has created it. It ends with the key and sees no more than the key.
    - `secret`: encrypted, because each event is signed with it. `previous_secret` signs too, until
      `previous_secret_until`.
    """

    __tablename__ = "webhook"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    chat_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    description: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    paused_reason: Mapped[str | None] = mapped_column(Text)
    paused_at: Mapped[datetime | None]
    token_id: Mapped[UUID | None]
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


# Each process looks every few seconds if there is one.
Index("ix_webhook_active", Webhook.account_id, Webhook.id, postgresql_where=Webhook.state == "active")


class WebhookCursor(Base):
    """The last event of a stream that a webhook has posted or passed.

    - `attempts`, `next_at`: failed attempts at the next event, and the time of the next one.
    - `behind_since`: the time of the event that could not be posted.
    - `job_id`, `held_until`: the job that posts now. No other one posts events of the stream to this webhook.
    """

    __tablename__ = "webhook_cursor"
    # Updated with every event. Free space keeps the new row version on the same page.
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_at: Mapped[datetime | None]
    behind_since: Mapped[datetime | None]
    job_id: Mapped[UUID | None]
    held_until: Mapped[datetime | None]


Index(
    "ix_webhook_cursor_account_id_webhook_id_stream_id",
    WebhookCursor.account_id,
    WebhookCursor.webhook_id,
    WebhookCursor.stream_id,
)
Index(
    "ix_webhook_cursor_behind_since",
    WebhookCursor.behind_since,
    postgresql_where=WebhookCursor.behind_since.is_not(None),
)


class WebhookDelivery(Base):
    """One attempt to post an event, or events that were deleted before they could be posted."""

    __tablename__ = "webhook_delivery"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    next_at: Mapped[datetime | None]
