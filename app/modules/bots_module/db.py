"""Bots and their owners."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import REPLICATED, Base
from app.adapters.db.connection import DatabaseConnection
from app.utils.invariants import Invariant


class Bot(Base):
    """A bot: an account without a password that belongs to another account.

    The row stays after `deleted_at`, until the account is erased: its rights are limited until then.
    """

    __tablename__ = "bot"
    __table_args__ = {"info": {REPLICATED: True}}  # noqa: RUF012 - SQLAlchemy reads it once, at the class's making

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


_MEMBERSHIPS = """
SELECT m.chat_id AS stream_id, format('bot %s is %s, owner %s is %s', b.account_id, m.role, b.owner_id,
       coalesce(o.role, 'no member')) AS detail
FROM bot b JOIN chat_member m ON m.account_id = b.account_id
JOIN chat c ON c.id = m.chat_id AND c.type <> 'direct' AND c.deleted_at IS NULL
LEFT JOIN chat_member o ON o.chat_id = m.chat_id AND o.account_id = b.owner_id
"""
_RANKS = "ARRAY['reader', 'member', 'admin', 'owner']"

INVARIANTS = (
    Invariant(
        says="a bot is only in groups and channels where its owner is a member",
        find=f"{_MEMBERSHIPS} WHERE o.account_id IS NULL",
        advice="the owners left while the module was disabled: remove the bots from these chats, or add the owners",
    ),
    Invariant(
        says="no bot owns a group or channel, or has a higher role there than its owner",
        find=f"""
            {_MEMBERSHIPS}
            WHERE m.role = 'owner' OR array_position({_RANKS}, m.role) > array_position({_RANKS}, o.role)
        """,
        advice="roles were changed while the module was disabled: give the bots a role that their owners have; of a "
        "chat that a bot owns, choose the owner and store it in chat.owner_id and chat_member.role",
    ),
)

_INSERT = "INSERT INTO bot (account_id, owner_id, created_at) VALUES ($1, $2, $3)"
_LIST = """
SELECT a.id, a.username, a.display_name, a.bio, b.created_at
FROM bot b JOIN account a ON a.id = b.account_id
WHERE b.owner_id = $1 AND b.deleted_at IS NULL AND a.erased_at IS NULL AND ($2::uuid IS NULL OR b.account_id = $2)
ORDER BY b.created_at DESC, a.id
"""
_MARK_DELETED = """
UPDATE bot SET deleted_at = $2
WHERE owner_id = $1 AND deleted_at IS NULL AND ($3::uuid IS NULL OR account_id = $3) RETURNING account_id
"""
_OWNERS = "SELECT account_id, owner_id FROM bot WHERE account_id = ANY($1)"
_BOTS = "SELECT account_id, owner_id FROM bot WHERE owner_id = ANY($1)"
_AMONG = "SELECT id FROM account WHERE id = ANY($1) AND is_bot"
_DELETE = """
DELETE FROM bot b USING account o WHERE b.account_id = $1 AND o.id = b.owner_id
RETURNING b.deleted_at IS NULL AND o.erased_at IS NULL
"""


async def insert_bot(connection: DatabaseConnection, bot_id: UUID, owner_id: UUID, at: datetime) -> None:
    await connection.execute(_INSERT, bot_id, owner_id, at)


async def list_bots(connection: DatabaseConnection, owner_id: UUID, bot_id: UUID | None = None) -> Sequence[Any]:
    """Returns the owner's bots with their names, or one of them; the newest first."""
    rows: Sequence[Any] = await connection.fetch(_LIST, owner_id, bot_id)
    return rows


async def mark_deleted(
    connection: DatabaseConnection, owner_id: UUID, at: datetime, bot_id: UUID | None = None
) -> list[UUID]:
    """Marks the owner's bots as deleted, or one of them. Returns those that were not marked before."""
    return [row["account_id"] for row in await connection.fetch(_MARK_DELETED, owner_id, at, bot_id)]


async def find_owners(connection: DatabaseConnection, account_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Returns the owner of each of these accounts that is a bot."""
    return dict(await connection.fetch(_OWNERS, list(account_ids)))


async def find_bots(connection: DatabaseConnection, owner_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Returns the bots of these accounts, each with its owner."""
    return dict(await connection.fetch(_BOTS, list(owner_ids)))


async def list_bots_among(connection: DatabaseConnection, account_ids: Sequence[UUID]) -> list[UUID]:
    """Returns those of the accounts that are bots, erased ones too."""
    return [row["id"] for row in await connection.fetch(_AMONG, account_ids)]


async def delete_bot(connection: DatabaseConnection, bot_id: UUID) -> bool:
    """Deletes the row of a bot. Returns True if its owner is still there and had not deleted it."""
    return bool(await connection.fetchval(_DELETE, bot_id))
