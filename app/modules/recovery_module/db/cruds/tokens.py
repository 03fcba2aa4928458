"""Tokens of mails, as hashes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_before

# A mail that is sent once more has the same token, which is valid from then on, unless it was used.
_STORE = """
INSERT INTO recovery_token (token_hash, account_id, purpose, email, email_key, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at, email_key = excluded.email_key
WHERE recovery_token.used_at IS NULL
RETURNING true
"""
_COUNT = """
SELECT count(*) AS of_all, count(*) FILTER (WHERE account_id = $3) AS of_account
FROM recovery_token WHERE email_key = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $4 AND token_hash <> $5
"""
_FIND = """
SELECT account_id, email FROM recovery_token
WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
"""
# Of two that use a token at once, the second waits for the row, and then finds it used.
_USE = """
UPDATE recovery_token SET used_at = $3
WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING account_id, email
"""
_REVOKE = "UPDATE recovery_token SET used_at = $3 WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL"
DELETE_OLD = delete_before("recovery_token", "expires_at", "token_hash")
# Links to a new password that could not be sent. An erasure finds their mails only as long as there is the token.
DELETE_UNSENT = """
DELETE FROM job WHERE (owner_id, id) IN (
    SELECT owner_id, id FROM job WHERE name = 'recovery.reset' AND state = 'dead' AND run_at < $1
    ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
"""
_DELETE_OF_ACCOUNT = "DELETE FROM recovery_token WHERE account_id = $1 RETURNING purpose, email"


async def store(
    connection: DatabaseConnection,
    token_hash: bytes,
    account_id: UUID,
    purpose: str,
    email: str,
    email_key: str,
    at: datetime,
    expires_at: datetime,
) -> bool:
    """Stores a token. Returns False if it was used already."""
    return bool(await connection.fetchval(_STORE, token_hash, account_id, purpose, email, email_key, at, expires_at))


async def count_others(
    connection: DatabaseConnection, email_key: str, purpose: str, account_id: UUID, at: datetime, token_hash: bytes
) -> tuple[int, int]:
    """Returns the number of valid tokens that went to a mailbox, without one of them: of this account, and in all."""
    (row,) = await connection.fetch(_COUNT, email_key, purpose, account_id, at, token_hash)
    return row["of_account"], row["of_all"]


async def find(connection: DatabaseConnection, token_hash: bytes, purpose: str, at: datetime) -> Any | None:
    """Returns the account and the address of a valid token."""
    rows = await connection.fetch(_FIND, token_hash, purpose, at)
    return rows[0] if rows else None


async def use(connection: DatabaseConnection, token_hash: bytes, purpose: str, at: datetime) -> Any | None:
    """Uses a valid token. Returns its account and address, or None if there is no such token."""
    rows = await connection.fetch(_USE, token_hash, purpose, at)
    return rows[0] if rows else None


async def revoke(connection: DatabaseConnection, account_id: UUID, purpose: str, at: datetime) -> None:
    await connection.execute(_REVOKE, account_id, purpose, at)


async def delete_of_account(connection: DatabaseConnection, account_id: UUID) -> set[str]:
    """Returns the addresses of the account to which links to a new password were sent."""
    deleted = await connection.fetch(_DELETE_OF_ACCOUNT, account_id)
    return {row["email"] for row in deleted if row["purpose"] == "reset"}
