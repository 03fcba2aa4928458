"""The key pair of the server."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

_FIND = "SELECT id, private_key, public_key FROM push_key WHERE name = 'vapid'"
# The first process writes the key. The others, which may have made one at the same time, read that one.
_INSERT = """
INSERT INTO push_key (id, name, private_key, public_key, created_at) VALUES ($1, 'vapid', $2, $3, $4)
ON CONFLICT (name) DO NOTHING
"""
_DELETE = "DELETE FROM push_key WHERE name = 'vapid'"


class StoredKey(NamedTuple):
    """A key pair. Both halves are base64url: 32 bytes, and an uncompressed point."""

    id: UUID
    private_key: str
    public_key: str

    def __repr__(self) -> str:
        return f"StoredKey({self.id})"


async def find_key(connection: DatabaseConnection) -> StoredKey | None:
    rows = await connection.fetch(_FIND)
    return StoredKey(*rows[0]) if rows else None


async def insert_key(connection: DatabaseConnection, key: StoredKey, at: datetime) -> None:
    """Changes nothing if there is a key."""
    await connection.execute(_INSERT, *key, at)


async def delete_key(connection: DatabaseConnection) -> None:
    await connection.execute(_DELETE)
