"""Verified and pending addresses of accounts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

_LIST = """
SELECT a.id, coalesce(m.verified_key = a.email_key, false) AS is_verified, m.first_verified_at, m.pending_email
FROM account a JOIN account_mailbox m ON m.account_id = a.id WHERE a.id = ANY($1::uuid[])
"""
_SET_PENDING = """
INSERT INTO account_mailbox (account_id, pending_email) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET pending_email = excluded.pending_email
WHERE account_mailbox.pending_email IS DISTINCT FROM excluded.pending_email RETURNING true
"""
_DROP_PENDING = """
UPDATE account_mailbox SET pending_email = NULL WHERE account_id = $1 AND pending_email IS NOT NULL RETURNING true
"""
# A pending address that waits for another confirmation stays.
_SET_VERIFIED = """
INSERT INTO account_mailbox (account_id, verified_key, first_verified_at) VALUES ($1, $2, $4)
ON CONFLICT (account_id) DO UPDATE SET verified_key = excluded.verified_key,
    first_verified_at = CASE WHEN account_mailbox.verified_key = excluded.verified_key
                             THEN account_mailbox.first_verified_at ELSE excluded.first_verified_at END,
    pending_email = nullif(account_mailbox.pending_email, $3)
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_DELETE = "DELETE FROM account_mailbox WHERE account_id = $1 RETURNING verified_key"


async def lock(connection: DatabaseConnection, key: str) -> None:
    """Makes other transactions that count the mails to a mailbox wait for this one. `key` is its canonical form."""
    await connection.execute(_LOCK, key)


async def list_mailboxes(connection: DatabaseConnection, account_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return {row["id"]: row for row in await connection.fetch(_LIST, account_ids)}


async def find_mailbox(connection: DatabaseConnection, account_id: UUID) -> Any | None:
    """Returns what is known of the address of an account. None if nothing is."""
    return (await list_mailboxes(connection, [account_id])).get(account_id)


async def set_pending(connection: DatabaseConnection, account_id: UUID, email: str) -> bool:
    """Returns True if another address was pending before, or none."""
    return bool(await connection.fetchval(_SET_PENDING, account_id, email))


async def drop_pending(connection: DatabaseConnection, account_id: UUID) -> bool:
    """Returns True if an address was pending."""
    return bool(await connection.fetchval(_DROP_PENDING, account_id))


async def set_verified(connection: DatabaseConnection, account_id: UUID, key: str, email: str, at: datetime) -> None:
    """Notes that an address, whose canonical form is `key`, was confirmed."""
    await connection.execute(_SET_VERIFIED, account_id, key, email, at)


async def delete(connection: DatabaseConnection, account_id: UUID) -> str | None:
    """Returns the canonical form of the address that was confirmed last."""
    verified_key: str | None = await connection.fetchval(_DELETE, account_id)
    return verified_key
