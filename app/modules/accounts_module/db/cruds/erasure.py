"""Accounts that are being erased or were erased, in hand-written SQL."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

_DELETE_PRESENCE = "DELETE FROM account_presence WHERE account_id = $1"
_LIST_CLOSED = "SELECT id FROM account WHERE id = ANY($1) AND erased_at IS NOT NULL"
_CLOSED_FOR = "SELECT statement_timestamp() - erased_at FROM account WHERE id = $1"


async def closed_for(connection: DatabaseConnection, account_id: UUID) -> timedelta:
    """Returns how long ago the account was closed."""
    ago: timedelta = await connection.fetchval(_CLOSED_FOR, account_id)
    return ago


async def delete_presence(connection: DatabaseConnection, account_id: UUID) -> None:
    await connection.execute(_DELETE_PRESENCE, account_id)


async def list_closed(connection: DatabaseConnection, account_ids: Collection[UUID]) -> list[UUID]:
    """Returns those of the accounts whose erasure has begun."""
    return [row["id"] for row in await connection.fetch(_LIST_CLOSED, list(account_ids))]
