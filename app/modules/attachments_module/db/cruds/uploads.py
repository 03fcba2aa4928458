"""Uploads, in hand-written SQL: what is compared and set in one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row

# Locked in the order in which the collector takes them.
_LOCK_USAGE = """
INSERT INTO attachment_usage (account_id, bytes, payer_id)
SELECT account_id, 0, payer_id FROM unnest($1::uuid[], $2::uuid[]) AS used(account_id, payer_id) ORDER BY account_id
ON CONFLICT (account_id) DO UPDATE SET payer_id = coalesce(excluded.payer_id, attachment_usage.payer_id)
"""
_RESERVE = f"""
UPDATE attachment_usage SET bytes = bytes + $3::bigint WHERE account_id = $1 AND $4::bigint >= $3::bigint + (
    SELECT sum(bytes) FROM (
        {one_row("attachment_usage", account_id="$2")} UNION ALL {one_row("attachment_usage", payer_id="$2")}
    ) AS counted
)
RETURNING bytes
"""  # noqa: S608 - constants only
_RELEASE = "UPDATE attachment_usage SET bytes = bytes - $2 WHERE account_id = $1"
_INSERT = """
INSERT INTO attachment (
    id, owner_id, state, filename, content_type, metadata, length, received, reserved, created_at, expires_at
) VALUES ($1, $2, 'uploading', $3, $4, $5, $6, 0, $6, $7, $8)
"""
_FIND = f"""
SELECT state, metadata, length, received, expires_at FROM {one_row("attachment", id="$1")} a
WHERE owner_id = $2 AND state <> 'deleted'
"""  # noqa: S608 - constants only
# Of two requests with the same offset one finds the row changed.
_ADVANCE = """
UPDATE attachment SET received = received + $3, expires_at = $4
WHERE id = $1 AND received = $2 AND state = 'uploading' AND expires_at > $5
RETURNING received
"""
_ADD_PIECE = "INSERT INTO attachment_piece (attachment_id, start, size, name) VALUES ($1, $2, $3, $4)"
_COMPLETE = """
UPDATE attachment SET state = 'processing', expires_at = $2
WHERE id = $1 AND state = 'uploading' AND received = length RETURNING id
"""
# What it has reserved is free at once: the owner may have deleted it to make room for another file.
_DISCARD = """
WITH found AS (
    SELECT id, reserved FROM attachment
    WHERE id = $1 AND owner_id = $2 AND expires_at IS NOT NULL AND state <> 'deleted' FOR UPDATE
), discarded AS (
    UPDATE attachment a SET state = 'deleted', expires_at = $3, reserved = 0 FROM found WHERE a.id = found.id
    RETURNING a.id, found.reserved
), freed AS (
    UPDATE attachment_usage SET bytes = bytes - discarded.reserved FROM discarded WHERE account_id = $2
)
SELECT id FROM discarded
"""
_LIST_PIECES = "SELECT start, size, name FROM attachment_piece WHERE attachment_id = $1 ORDER BY start"
_DELETE_PIECES = "DELETE FROM attachment_piece WHERE attachment_id = ANY($1)"


async def lock_usage(connection: DatabaseConnection, payers: Mapping[UUID, UUID]) -> None:
    """Locks what accounts and their payers use, until the end of the transaction. The payer may be the account."""
    paid_by = dict.fromkeys(payers.values()) | {key: None if payer == key else payer for key, payer in payers.items()}
    await connection.execute(_LOCK_USAGE, list(paid_by), list(paid_by.values()))


async def reserve(connection: DatabaseConnection, account_id: UUID, payer_id: UUID, size: int, quota: int) -> bool:
    """Adds to what an account uses, after `lock_usage`.

    Returns False where the payer, and all accounts that it pays for, would use more than the quota.
    """
    return await connection.fetchval(_RESERVE, account_id, payer_id, size, quota) is not None


async def release(connection: DatabaseConnection, account_id: UUID, size: int) -> None:
    await connection.execute(_RELEASE, account_id, size)


async def insert(
    connection: DatabaseConnection,
    attachment_id: UUID,
    owner_id: UUID,
    filename: str,
    content_type: str,
    metadata: str,
    length: int,
    at: datetime,
    expires_at: datetime,
) -> None:
    await connection.execute(_INSERT, attachment_id, owner_id, filename, content_type, metadata, length, at, expires_at)


async def find(connection: DatabaseConnection, attachment_id: UUID, owner_id: UUID) -> Any:
    rows = await connection.fetch(_FIND, attachment_id, owner_id)
    return rows[0] if rows else None


async def advance(
    connection: DatabaseConnection,
    attachment_id: UUID,
    offset: int,
    size: int,
    name: str,
    at: datetime,
    expires_at: datetime,
) -> bool:
    """Adds a piece. Returns False where the upload is at another offset, or is none any more."""
    if await connection.fetchval(_ADVANCE, attachment_id, offset, size, expires_at, at) is None:
        return False
    await connection.execute(_ADD_PIECE, attachment_id, offset, size, name)
    return True


async def complete(connection: DatabaseConnection, attachment_id: UUID, expires_at: datetime) -> bool:
    """Ends an upload that is whole. Returns True if this call did."""
    return await connection.fetchval(_COMPLETE, attachment_id, expires_at) is not None


async def discard(connection: DatabaseConnection, attachment_id: UUID, owner_id: UUID, at: datetime) -> bool:
    """Marks an attachment that is not in use as deleted. Returns True if there was one."""
    return await connection.fetchval(_DISCARD, attachment_id, owner_id, at) is not None


async def list_pieces(connection: DatabaseConnection, attachment_id: UUID) -> Any:
    return await connection.fetch(_LIST_PIECES, attachment_id)


async def delete_pieces(connection: DatabaseConnection, ids: Sequence[UUID]) -> None:
    await connection.execute(_DELETE_PIECES, ids)
