"""Blocks between accounts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import REPLICATED, Base
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row
from app.utils.invariants import Invariant

CHECK = "blocks"
"""Name of the check of messages in the direct chat of two accounts of which one has blocked the other."""


class AccountBlock(Base):
    """An account has blocked another one."""

    __tablename__ = "account_block"
    __table_args__ = {"info": {REPLICATED: True}}  # noqa: RUF012 - SQLAlchemy reads it once, at the class's making

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    blocked_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    created_at: Mapped[datetime]


INVARIANTS = (
    Invariant(
        says="a block holds in the direct chat of the two accounts",
        find=f"""
            SELECT c.id AS stream_id, format('%s has blocked %s', b.account_id, b.blocked_id) AS detail
            FROM account_block b
            JOIN account_chat mine ON mine.account_id = b.account_id
            JOIN account_chat theirs ON theirs.account_id = b.blocked_id AND theirs.chat_id = mine.chat_id
            JOIN chat c ON c.id = mine.chat_id AND c.type = 'direct'
            WHERE NOT '{CHECK}' = ANY(coalesce(c.send_checks, '{{}}'))
        """,  # noqa: S608 - constants only
        advice="the chat was opened while the module was disabled; --fix makes the block hold in it",
        fix=(
            f"""
            UPDATE chat c SET send_checks = array_append(c.send_checks, '{CHECK}')
            WHERE c.id = ANY($1) AND NOT '{CHECK}' = ANY(coalesce(c.send_checks, '{{}}')) AND EXISTS (
                SELECT FROM chat_member m JOIN chat_member other ON other.chat_id = m.chat_id
                JOIN account_block b ON b.account_id = m.account_id AND b.blocked_id = other.account_id
                WHERE m.chat_id = c.id
            )
            """,  # noqa: S608 - constants only
        ),
    ),
)

_INSERT = """
INSERT INTO account_block (account_id, blocked_id, created_at) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING blocked_id
"""
_DELETE = "DELETE FROM account_block WHERE account_id = $1 AND blocked_id = $2 RETURNING blocked_id"
_PAGE = """
SELECT blocked_id AS account_id, created_at AS blocked_at FROM account_block
WHERE account_id = $1 AND ($2::timestamptz IS NULL OR (created_at, blocked_id) < ($2, $3::uuid))
ORDER BY created_at DESC, blocked_id DESC LIMIT $4
"""
_COUNT = "SELECT count(*) FROM account_block WHERE account_id = $1"
_BLOCKING = "SELECT account_id FROM account_block WHERE blocked_id = $1 AND account_id = ANY($2)"
_BLOCKED = "SELECT blocked_id FROM account_block WHERE account_id = $1 AND blocked_id = ANY($2)"
_ALL_BLOCKING = "SELECT account_id FROM account_block WHERE blocked_id = $1 LIMIT $2"
# A direct chat has two members.
_BLOCKED_CHATS = f"""
SELECT m.chat_id FROM chat_member m
JOIN chat_member other ON other.chat_id = m.chat_id AND other.account_id <> m.account_id
CROSS JOIN LATERAL {one_row("account_block", account_id="m.account_id", blocked_id="other.account_id")} b
WHERE m.chat_id = ANY($1)
"""  # noqa: S608 - constants only
_IS_BLOCKED_CHAT = f"SELECT '{CHECK}' = ANY(coalesce(send_checks, '{{}}')) FROM chat WHERE id = $1"  # noqa: S608 - constants only
_FIND_OF_ACCOUNT = """
SELECT account_id, blocked_id FROM account_block WHERE account_id = $1
UNION ALL SELECT account_id, blocked_id FROM account_block WHERE blocked_id = $1 LIMIT 1
"""


async def insert_block(connection: DatabaseConnection, account_id: UUID, blocked_id: UUID, at: datetime) -> bool:
    """Returns False if the account was blocked already."""
    return bool(await connection.fetch(_INSERT, account_id, blocked_id, at))


async def delete_block(connection: DatabaseConnection, account_id: UUID, blocked_id: UUID) -> bool:
    """Returns False if the account was not blocked."""
    return bool(await connection.fetch(_DELETE, account_id, blocked_id))


async def list_blocks(
    connection: DatabaseConnection, account_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Any]:
    """Returns blocks of an account, the newest first, after the last one of the previous page."""
    rows: Sequence[Any] = await connection.fetch(_PAGE, account_id, *(before or (None, None)), limit)
    return rows


async def count_blocks(connection: DatabaseConnection, account_id: UUID) -> int:
    return int(await connection.fetchval(_COUNT, account_id))


async def list_blocking(connection: DatabaseConnection, blocked_id: UUID, account_ids: Collection[UUID]) -> list[UUID]:
    """Returns those of the accounts that have blocked this one."""
    return [row["account_id"] for row in await connection.fetch(_BLOCKING, blocked_id, list(account_ids))]


async def list_blocked(connection: DatabaseConnection, account_id: UUID, account_ids: Collection[UUID]) -> list[UUID]:
    """Returns those of the accounts that this one has blocked."""
    return [row["blocked_id"] for row in await connection.fetch(_BLOCKED, account_id, list(account_ids))]


async def list_all_blocking(connection: DatabaseConnection, blocked_id: UUID, limit: int | None) -> list[UUID]:
    return [row["account_id"] for row in await connection.fetch(_ALL_BLOCKING, blocked_id, limit)]


async def list_blocked_chats(connection: DatabaseConnection, chat_ids: Collection[UUID]) -> set[UUID]:
    """Returns those of the direct chats in which a member has blocked the other."""
    return {row["chat_id"] for row in await connection.fetch(_BLOCKED_CHATS, list(chat_ids))}


async def is_blocked_chat(connection: DatabaseConnection, chat_id: UUID) -> bool:
    """Returns True for a direct chat in which a member has blocked the other."""
    return bool(await connection.fetchval(_IS_BLOCKED_CHAT, chat_id))


async def find_of_account(connection: DatabaseConnection, account_id: UUID) -> tuple[UUID, UUID] | None:
    """Returns a block by an account or of it: who blocks, and who is blocked."""
    rows = await connection.fetch(_FIND_OF_ACCOUNT, account_id)
    return (rows[0]["account_id"], rows[0]["blocked_id"]) if rows else None
