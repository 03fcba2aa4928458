"""Settings of members. A change runs under the lock of the account's stream."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_account


class ChatSettings(ChatFamilyModel):
    """A member's own settings of a chat. The database deletes them with the membership, however it ends."""

    __tablename__ = "chat_settings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["chat_id", "account_id"], ["chat_member.chat_id", "chat_member.account_id"], ondelete="CASCADE"
        ),
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    muted_until: Mapped[datetime | None]
    is_archived: Mapped[bool]
    is_pinned: Mapped[bool]
    notify: Mapped[str] = mapped_column(Text)


_LIST = """
SELECT chat_id, muted_until, is_archived, is_pinned, notify FROM chat_settings
WHERE account_id = $1 AND chat_id = ANY($2::uuid[])
"""
# A muted chat notifies its member of mentions only, and of nothing where the member chose `none`.
_LIST_LEVELS = """
SELECT account_id, CASE WHEN muted_until > $3 AND notify = 'all' THEN 'mentions' ELSE notify END AS level
FROM chat_settings WHERE chat_id = $1 AND account_id = ANY($2::uuid[])
"""
_WRITE = """
INSERT INTO chat_settings (chat_id, account_id, muted_until, is_archived, is_pinned, notify)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (chat_id, account_id) DO UPDATE SET muted_until = excluded.muted_until,
    is_archived = excluded.is_archived, is_pinned = excluded.is_pinned, notify = excluded.notify
"""
DELETE_OF_ACCOUNT = delete_of_account("chat_settings", "chat_id")


async def list_settings(
    connection: DatabaseConnection, account_id: UUID, chat_ids: Sequence[UUID]
) -> dict[UUID, dict[str, Any]]:
    """Returns the settings by chat. A chat whose settings were never changed is left out."""
    rows = [dict(row) for row in await connection.fetch(_LIST, account_id, list(chat_ids))]
    return {row.pop("chat_id"): row for row in rows}


async def list_levels(
    connection: DatabaseConnection, chat_id: UUID, account_ids: Collection[UUID], at: datetime
) -> dict[UUID, Any]:
    """Returns which messages notify these members: all, those that mention them, or none."""
    rows = await connection.fetch(_LIST_LEVELS, chat_id, list(account_ids), at)
    return {row["account_id"]: row["level"] for row in rows}


async def write_settings(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, settings: Mapping[str, Any]
) -> None:
    values = (settings[name] for name in ("muted_until", "is_archived", "is_pinned", "notify"))
    await connection.execute(_WRITE, chat_id, account_id, *values)
