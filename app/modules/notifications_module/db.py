"""How the server writes to accounts. A change runs under the lock of the account's stream."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import JSON, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base
from app.adapters.db.connection import DatabaseConnection


class NotificationSettings(Base):
    """The choices of an account. Without a row it has made none.

    `more`: those of the settings that modules contribute, by name, where they differ from the default.
    """

    __tablename__ = "notification_settings"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str | None] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)
    more: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Choices(NamedTuple):
    """The row of an account."""

    language: str | None = None
    time_zone: str | None = None
    more: Mapping[str, Any] = {}


_LIST = """
SELECT account_id, language, time_zone, more::text AS more FROM notification_settings WHERE account_id = ANY($1::uuid[])
"""
_WRITE = """
INSERT INTO notification_settings (account_id, language, time_zone, more) VALUES ($1, $2, $3, $4::text::json)
ON CONFLICT (account_id) DO UPDATE
SET language = excluded.language, time_zone = excluded.time_zone, more = excluded.more
"""
_DELETE = "DELETE FROM notification_settings WHERE account_id = $1"


async def list_choices(connection: DatabaseConnection, account_ids: Collection[UUID]) -> dict[UUID, Choices]:
    """Returns the choices by account. An account that has made none is left out."""
    return {
        row["account_id"]: Choices(row["language"], row["time_zone"], orjson.loads(row["more"] or "{}"))
        for row in await connection.fetch(_LIST, list(account_ids))
    }


async def find_choices(connection: DatabaseConnection, account_id: UUID) -> Choices:
    return (await list_choices(connection, [account_id])).get(account_id, Choices())


async def write_choices(connection: DatabaseConnection, account_id: UUID, choices: Choices) -> None:
    more = orjson.dumps(choices.more).decode() if choices.more else None
    await connection.execute(_WRITE, account_id, choices.language, choices.time_zone, more)


async def delete_choices(connection: DatabaseConnection, account_id: UUID) -> None:
    await connection.execute(_DELETE, account_id)
