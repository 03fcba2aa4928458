"""Deletion of an account's presence."""

from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

_DELETE_PRESENCE = "DELETE FROM account_presence WHERE account_id = $1"


async def delete_presence(connection: DatabaseConnection, account_id: UUID) -> None:
    await connection.execute(_DELETE_PRESENCE, account_id)
