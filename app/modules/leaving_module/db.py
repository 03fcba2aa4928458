"""Accounts that are leaving."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base
from app.adapters.db.citus import by_join, has_citus
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row


class AccountLeaving(Base):
    """A deactivated account. After `ended_at` it cannot come back: its erasure has begun."""

    __tablename__ = "account_leaving"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    messages: Mapped[str] = mapped_column(Text)
    erase_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


_INSERT = "INSERT INTO account_leaving (account_id, messages, erase_at) VALUES ($1, $2, $3)"
# By the database's clock, as jobs are claimed: that of this process may be behind.
_FIND = """
SELECT messages, erase_at, erase_at <= statement_timestamp() AS is_due,
       erase_at <= statement_timestamp() - interval '1 day' AS is_late, ended_at
FROM account_leaving WHERE account_id = $1 FOR UPDATE
"""
_LIST = "SELECT account_id, ended_at FROM account_leaving WHERE account_id = ANY($1)"
# A process without this module keeps the row when it opens a session. Leaving has ended all sessions that were open.
_LIST_OPEN = "SELECT DISTINCT account_id FROM auth_session WHERE account_id = ANY($1) AND revoked_at IS NULL"
_LIST_SIGNED_IN = """
SELECT stream_id FROM event WHERE stream_id = ANY($1) AND kind IN ('account.deactivated', 'security.signed_in')
GROUP BY stream_id
HAVING max(seq) FILTER (WHERE kind = 'security.signed_in')
    > coalesce(max(seq) FILTER (WHERE kind = 'account.deactivated'), 0)
"""
_IS_LOGGED = "SELECT EXISTS (SELECT FROM event WHERE stream_id = $1 AND kind = 'account.deactivated')"
_POSTPONE = "UPDATE account_leaving SET erase_at = $2 WHERE account_id = $1"
_END = "UPDATE account_leaving SET ended_at = statement_timestamp() WHERE account_id = $1"
_DELETE = "DELETE FROM account_leaving WHERE account_id = $1"
_OWNED = f"""
SELECT a.chat_id FROM account_chat a CROSS JOIN LATERAL {one_row("chat", id="a.chat_id")} c
WHERE a.account_id = $1 AND a.chat_id > $2
  AND c.deleted_at IS NULL AND c.owner_id = $1 AND c.member_count > 1 AND EXISTS (
    SELECT FROM chat_member m JOIN account other ON other.id = m.account_id AND NOT other.is_bot
    WHERE m.chat_id = c.id AND m.account_id <> $1
)
ORDER BY a.chat_id LIMIT 1
"""  # noqa: S608 - constants only
_OWNED_WITH_CITUS = by_join(_OWNED, "chat", "c", "a.chat_id")


async def insert_leaving(connection: DatabaseConnection, account_id: UUID, messages: str, erase_at: datetime) -> None:
    await connection.execute(_INSERT, account_id, messages, erase_at)


async def find_leaving(connection: DatabaseConnection, account_id: UUID) -> Any | None:
    """Returns and locks the row of an account that is leaving."""
    rows = await connection.fetch(_FIND, account_id)
    return rows[0] if rows else None


async def list_leaving(connection: DatabaseConnection, account_ids: Collection[UUID]) -> list[UUID]:
    """Returns those of the accounts that are leaving, without those whose owners are back."""
    rows = await connection.fetch(_LIST, list(account_ids))
    back = await list_back(connection, [row["account_id"] for row in rows if row["ended_at"] is None])
    return [row["account_id"] for row in rows if row["account_id"] not in back]


async def list_back(connection: DatabaseConnection, account_ids: Sequence[UUID]) -> set[UUID]:
    """Returns those of the accounts that are leaving whose owners have signed in since."""
    if not account_ids:
        return set()
    is_open, signed_in = [await connection.fetch(sql, account_ids) for sql in (_LIST_OPEN, _LIST_SIGNED_IN)]
    return {row["account_id"] for row in is_open} | {row["stream_id"] for row in signed_in}


async def is_logged(connection: DatabaseConnection, account_id: UUID) -> bool:
    """Returns True if the log of the account reaches back to its deactivation."""
    return bool(await connection.fetchval(_IS_LOGGED, account_id))


async def postpone(connection: DatabaseConnection, account_id: UUID, erase_at: datetime) -> None:
    await connection.execute(_POSTPONE, account_id, erase_at)


async def mark_ended(connection: DatabaseConnection, account_id: UUID) -> None:
    await connection.execute(_END, account_id)


async def delete_leaving(connection: DatabaseConnection, account_id: UUID) -> None:
    await connection.execute(_DELETE, account_id)


async def find_owned_chat(connection: DatabaseConnection, account_id: UUID, after: UUID) -> UUID | None:
    """Returns a group or channel that the account owns and that can be handed over, the next one after a given id."""
    query = _OWNED_WITH_CITUS if has_citus(connection) else _OWNED
    found: UUID | None = await connection.fetchval(query, account_id, after)
    return found
