"""Sign-ups that wait for the verification of their address."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_before

_ADD = """
INSERT INTO pending_sign_up
    (id, email, email_key, username, display_name, password_hash, network, created_at, updated_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
"""
_FIND = "SELECT email, email_key, username, network FROM pending_sign_up WHERE id = $1 AND expires_at > $2"
_COUNT_MAILED = """
SELECT count(*) AS of_all, count(*) FILTER (WHERE network = $4) AS of_network
FROM pending_sign_up WHERE email_key = $1 AND mailed_at IS NOT NULL AND expires_at > $2 AND id <> $3
"""
_NOTE_MAILED = "UPDATE pending_sign_up SET token_hash = $2, mailed_at = $3, expires_at = $4 WHERE id = $1"
# In the order of their ids: each of two that are completed at once deletes the other.
_LOCK_MAILBOX = """
SELECT id FROM pending_sign_up
WHERE email_key = (SELECT email_key FROM pending_sign_up WHERE token_hash = $1 AND expires_at > $2)
ORDER BY id FOR UPDATE
"""
# Of two that use a token at once, the second waits for the row, and then finds it deleted.
_TAKE = """
DELETE FROM pending_sign_up WHERE token_hash = $1 AND expires_at > $2
RETURNING email, email_key, username, display_name, password_hash
"""
_DELETE_OF_MAILBOX = "DELETE FROM pending_sign_up WHERE email_key = $1"
DELETE_OLD = delete_before("pending_sign_up", "expires_at", "id")


async def add(
    connection: DatabaseConnection,
    sign_up_id: UUID,
    email: str,
    email_key: str,
    username: str,
    display_name: str,
    password_hash: str,
    network: str,
    at: datetime,
    expires_at: datetime,
) -> None:
    await connection.execute(
        _ADD, sign_up_id, email, email_key, username, display_name, password_hash, network, at, expires_at
    )


async def find(connection: DatabaseConnection, sign_up_id: UUID, at: datetime) -> Any | None:
    """Returns the address, the username and the network of a sign-up that has not expired."""
    rows = await connection.fetch(_FIND, sign_up_id, at)
    return rows[0] if rows else None


async def count_mailed(
    connection: DatabaseConnection, email_key: str, network: str, at: datetime, without: UUID
) -> tuple[int, int]:
    """Returns the number of mails that went to a mailbox because of other sign-ups: from this network, and in all."""
    (row,) = await connection.fetch(_COUNT_MAILED, email_key, at, without, network)
    return row["of_network"], row["of_all"]


async def note_mailed(
    connection: DatabaseConnection, sign_up_id: UUID, token_hash: bytes | None, at: datetime, expires_at: datetime
) -> None:
    await connection.execute(_NOTE_MAILED, sign_up_id, token_hash, at, expires_at)


async def take(connection: DatabaseConnection, token_hash: bytes, at: datetime) -> Any | None:
    """Deletes the sign-up with this token and returns it. Those of the same mailbox are locked."""
    await connection.execute(_LOCK_MAILBOX, token_hash, at)
    rows = await connection.fetch(_TAKE, token_hash, at)
    return rows[0] if rows else None


async def delete_of_mailbox(connection: DatabaseConnection, email_key: str) -> None:
    await connection.execute(_DELETE_OF_MAILBOX, email_key)
