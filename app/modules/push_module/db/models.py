"""The key of the server, the subscribed devices, and what each of them shows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, ChatFamilyModel


class PushKey(Base):
    """The key pair by which push services recognize this server (VAPID). Both halves are base64url.

    There is one row. The first process creates it, the others read it.
    """

    __tablename__ = "push_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    private_key: Mapped[str] = mapped_column(Text)
    public_key: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class PushSubscription(Base):
    """A device that gets notifications. It is of use while its session lives and `key_id` is the present key.

    `endpoint` is a secret: who knows it can send to the device. `failures`: attempts since the last success.
    `not_before`: until then no job sends to the device, except the job `taken_by`.
    """

    __tablename__ = "push_subscription"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID]
    key_id: Mapped[UUID]
    endpoint: Mapped[str] = mapped_column(Text)
    endpoint_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    p256dh: Mapped[bytes] = mapped_column(LargeBinary)
    auth: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    not_before: Mapped[datetime | None]
    taken_by: Mapped[UUID | None]


class PushNotification(ChatFamilyModel):
    """The notification of a chat on a device.

    `seq`: the message that it shows, or is to show. `due`: `message` or `clear` has to be sent; NULL: nothing.
    `is_shown`: the device may show a notification of the chat.
    """

    __tablename__ = "push_notification"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    due: Mapped[str | None] = mapped_column(Text)
    is_shown: Mapped[bool] = mapped_column(default=False, server_default="false")


Index("ix_push_notification_account_id", PushNotification.account_id, PushNotification.subscription_id)
