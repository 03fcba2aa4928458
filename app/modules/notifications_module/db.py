"""How the server writes to accounts. A change runs under the lock of the account's stream."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base
from app.adapters.db.connection import DatabaseConnection


class NotificationSettings(Base):
    """The choices of an account. Without a row it has made none."""

    __tablename__ = "notification_settings"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str | None] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)


_FIND = "SELECT language, time_zone FROM notification_settings WHERE account_id = $1"
_WRITE = """
INSERT INTO notification_settings (account_id, language, time_zone) VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET language = excluded.language, time_zone = excluded.time_zone
"""
_DELETE = "DELETE FROM notification_settings WHERE account_id = $1"


async def find_settings(connection: DatabaseConnection, account_id: UUID) -> dict[str, Any] | None:
    return next((dict(row) for row in await connection.fetch(_FIND, account_id)), None)


async def write_settings(connection: DatabaseConnection, account_id: UUID, settings: Mapping[str, Any]) -> None:
    await connection.execute(_WRITE, account_id, settings["language"], settings["time_zone"])


async def delete_settings(connection: DatabaseConnection, account_id: UUID) -> None:
    await connection.execute(_DELETE, account_id)
