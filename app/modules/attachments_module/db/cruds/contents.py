"""Contents of files, and the deletion of those that nothing uses, in hand-written SQL."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.connection import Connection, DatabaseConnection
from app.adapters.db.long_statements import LONG
from app.modules.attachments_module.db.cruds.uploads import delete_pieces

# The row is locked until the transaction's end, so that the collector either sees the reference or has gone first.
_CLAIM = """
INSERT INTO attachment_content (sha256, check_at) VALUES ($1, $2)
ON CONFLICT (sha256) DO UPDATE SET check_at = coalesce(attachment_content.check_at, excluded.check_at)
RETURNING is_deleting
"""
_REFER = "UPDATE attachment SET sha256 = $2 WHERE id = $1 AND state = 'processing'"
_FIND_PREVIEWS = """
SELECT previews::text FROM attachment WHERE sha256 = $1 AND state = 'ready' AND previews::text <> '[]' LIMIT 1
"""
# One whose objects are being deleted has no attachment, and its collector some time left.
_CHECK = """
INSERT INTO attachment_content (sha256, check_at) SELECT unnest($1::text[]), $2::timestamptz
ON CONFLICT (sha256) DO UPDATE SET check_at = excluded.check_at WHERE NOT attachment_content.is_deleting
"""
# By the database's clock: those of two collectors may differ.
_LOCK_ONE_DUE = """
SELECT sha256 FROM attachment_content WHERE check_at <= statement_timestamp()
ORDER BY check_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_KEEP_OR_MARK = """
UPDATE attachment_content
SET is_deleting = is_unused, check_at = CASE WHEN is_unused THEN statement_timestamp() + $2::interval END
FROM (SELECT NOT EXISTS (SELECT FROM attachment WHERE sha256 = $1) AS is_unused) looked_up
WHERE sha256 = $1 RETURNING is_deleting
"""
_FORGET = "DELETE FROM attachment_content WHERE sha256 = $1 AND is_deleting"
_LIST_READY = """
SELECT id, sha256 FROM attachment WHERE state = 'ready' AND ($1::uuid[] IS NULL OR id = ANY($1)) ORDER BY id
"""
_LIST_KNOWN = """
SELECT DISTINCT attachment_id::text AS name FROM attachment_piece WHERE attachment_id = ANY($1)
UNION ALL SELECT sha256 FROM attachment_content WHERE sha256 = ANY($2)
"""
_IS_ANY_DUE = "SELECT EXISTS (SELECT FROM attachment WHERE expires_at <= $1)"
_LOCK_DUE = """
SELECT id, owner_id, state FROM attachment WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""
_POSTPONE = "UPDATE attachment SET expires_at = $2 WHERE id = ANY($1)"
_MARK = """
UPDATE attachment SET state = CASE WHEN state IN ('uploading', 'expired') THEN 'expired' ELSE 'deleted' END
WHERE id = ANY($1)
RETURNING id, state, EXISTS (SELECT FROM attachment_piece p WHERE p.attachment_id = attachment.id) AS has_pieces
"""
_TAKE = "SELECT owner_id, reserved, sha256 FROM attachment WHERE id = ANY($1) ORDER BY id FOR UPDATE"
# Locked in the order in which a batch of forwards takes them.
_FREE = """
WITH locked AS MATERIALIZED (
    SELECT account_id FROM attachment_usage WHERE account_id = ANY($1) ORDER BY account_id FOR UPDATE
)
UPDATE attachment_usage u SET bytes = u.bytes - freed.bytes
FROM locked JOIN unnest($1::uuid[], $2::bigint[]) AS freed(account_id, bytes) USING (account_id)
WHERE u.account_id = locked.account_id
"""
_DELETE = "DELETE FROM attachment WHERE id = ANY($1)"
_END_EXPIRED = "UPDATE attachment SET state = 'gone', reserved = 0, expires_at = $2 WHERE id = ANY($1)"


class DueContent(NamedTuple):
    """A content that a collector has looked at. `is_unused`: its objects are to be deleted."""

    sha256: str
    is_unused: bool


async def claim(connection: DatabaseConnection, attachment_id: UUID, sha256: str, check_at: datetime) -> bool:
    """Makes a content that of an attachment which is still processed, before it is stored.

    Returns False where its objects are just being deleted: then the transaction is to be rolled back.
    """
    await connection.execute(_REFER, attachment_id, sha256)
    return not await connection.fetchval(_CLAIM, sha256, check_at)


async def find_previews(connection: DatabaseConnection, sha256: str) -> Any:
    """Returns the previews of a file that has this content, None if there is none."""
    rows = await connection.fetch(_FIND_PREVIEWS, sha256)
    return rows[0] if rows else None


async def check_soon(connection: DatabaseConnection, contents: Sequence[str], at: datetime) -> None:
    """Lets the collector look whether an attachment still has these contents."""
    await connection.execute(_CHECK, contents, at)


async def take_due(connection: DatabaseConnection, keep_for: timedelta) -> DueContent | None:
    """Looks at a content that is due, if there is one. Marks it if no attachment has it.

    `keep_for`: how long no other collector takes it then.
    """
    sha256 = await connection.fetchval(_LOCK_ONE_DUE)
    if sha256 is None:
        return None
    return DueContent(sha256, await connection.fetchval(_KEEP_OR_MARK, sha256, keep_for))


async def forget(connection: DatabaseConnection, sha256: str) -> None:
    """Its objects are deleted."""
    await connection.execute(_FORGET, sha256)


async def list_ready(connection: Connection, among: Sequence[UUID] | None = None) -> Any:
    """Returns the id and the content of all files that can be downloaded, or of those among the given ones."""
    return await connection.fetch(_LIST_READY, among, timeout=LONG)


async def list_known(connection: DatabaseConnection, uploads: Sequence[UUID], contents: Sequence[str]) -> set[str]:
    """Returns those of the uploads and contents that have a row."""
    return {str(row["name"]) for row in await connection.fetch(_LIST_KNOWN, uploads, contents)}


async def is_any_due(connection: DatabaseConnection, at: datetime) -> bool:
    return bool(await connection.fetchval(_IS_ANY_DUE, at))


async def lock_due(connection: DatabaseConnection, at: datetime, limit: int) -> Any:
    """Locks attachments that are due, and returns id, owner and state of each."""
    return await connection.fetch(_LOCK_DUE, at, limit)


async def postpone(connection: DatabaseConnection, ids: Sequence[UUID], until: datetime) -> None:
    """Lets attachments that are due be due later."""
    await connection.execute(_POSTPONE, ids, until)


async def mark(connection: DatabaseConnection, ids: Sequence[UUID]) -> Any:
    """Marks attachments as deleted, or as expired. From now on no request sees them or adds to them."""
    return await connection.fetch(_MARK, ids)


async def delete(connection: DatabaseConnection, ids: Sequence[UUID], at: datetime) -> None:
    """Deletes attachments whose upload is deleted, gives their owners the space back, and has contents looked at."""
    contents = await _take(connection, ids)
    await connection.execute(_DELETE, ids)
    await check_soon(connection, contents, at)


async def end_expired(connection: DatabaseConnection, ids: Sequence[UUID], forget_at: datetime) -> None:
    """Ends uploads whose bytes are deleted: they are remembered for a while."""
    await _take(connection, ids)
    await connection.execute(_END_EXPIRED, ids, forget_at)


async def _take(connection: DatabaseConnection, ids: Sequence[UUID]) -> list[str]:
    """Gives the space of attachments back; returns their contents."""
    rows = await connection.fetch(_TAKE, ids)
    freed: Counter[UUID] = Counter()
    for row in rows:
        freed[row["owner_id"]] += row["reserved"]
    await connection.execute(_FREE, list(freed), list(freed.values()))
    await delete_pieces(connection, ids)
    return sorted({row["sha256"] for row in rows if row["sha256"]})
