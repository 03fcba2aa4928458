"""Which streams have a cursor of a webhook: the account's own, and its chats. In hand-written SQL."""

from collections.abc import Sequence
from uuid import UUID

from app.adapters.db import sql
from app.adapters.db.citus import has_citus
from app.adapters.db.connection import DatabaseConnection

_READABLE = """
SELECT a.chat_id AS stream_id, s.first_seq, s.last_seq, m.joined_event_seq
FROM account_chat a
JOIN chat c ON c.id = a.chat_id AND c.deleted_at IS NULL
JOIN chat_member m ON m.chat_id = a.chat_id AND m.account_id = a.account_id
JOIN stream s ON s.id = a.chat_id
WHERE a.account_id = $1 AND ($3::uuid[] IS NULL OR a.chat_id = ANY($3))
"""
_ADD = f"""
INSERT INTO webhook_cursor (stream_id, webhook_id, account_id, seq)
SELECT r.stream_id, $2, $1,
    CASE WHEN $4 THEN r.last_seq ELSE greatest(r.joined_event_seq - 1, r.first_seq - 1) END
FROM ({_READABLE}) r ORDER BY r.stream_id
ON CONFLICT DO NOTHING RETURNING stream_id
"""  # noqa: S608 - constants only
_ADD_OWN = """
INSERT INTO webhook_cursor (stream_id, webhook_id, account_id, seq)
SELECT id, $2, id, last_seq FROM stream WHERE id = $1 ON CONFLICT DO NOTHING
"""
# Without a membership, or beyond the chats of the webhook, there is nothing to post.
_REMOVE_UNREADABLE = """
DELETE FROM webhook_cursor WHERE (stream_id, webhook_id) IN (
    SELECT stream_id, webhook_id FROM webhook_cursor x
    WHERE account_id = $1 AND webhook_id = $2 AND ($4::uuid[] IS NULL OR stream_id = ANY($4)) AND NOT CASE
        WHEN stream_id = $1 THEN $3::uuid[] IS NULL
        ELSE ($3::uuid[] IS NULL OR stream_id = ANY($3)) AND EXISTS (
            SELECT FROM chat_member m JOIN chat c ON c.id = m.chat_id AND c.deleted_at IS NULL
            WHERE m.chat_id = x.stream_id AND m.account_id = $1
        ) END
    ORDER BY stream_id FOR UPDATE
)
"""
_REMOVE_UNREADABLE_WITH_CITUS = _REMOVE_UNREADABLE.replace("FOR UPDATE", "")
_DELETE_OF_WEBHOOK = "DELETE FROM webhook_cursor WHERE account_id = $1 AND webhook_id = $2"
_DELETE_OF_ACCOUNT = sql.delete_of_account("webhook_cursor", "webhook_id", "stream_id")
DELETE_OF_STREAM = """
DELETE FROM webhook_cursor WHERE (stream_id, webhook_id) IN (
    SELECT stream_id, webhook_id FROM webhook_cursor WHERE stream_id = $1 LIMIT $2
) RETURNING webhook_id
"""


async def add(
    connection: DatabaseConnection,
    account_id: UUID,
    webhook_id: UUID,
    chat_ids: Sequence[UUID] | None,
    *,
    at_heads: bool,
) -> list[UUID]:
    """Adds the cursors that are missing in chats of the account, at their heads or where the account joined.

    Returns their streams.
    """
    return [row["stream_id"] for row in await connection.fetch(_ADD, account_id, webhook_id, chat_ids, at_heads)]


async def add_own(connection: DatabaseConnection, account_id: UUID, webhook_id: UUID) -> None:
    """Adds the cursor of the account's own stream, at its head."""
    await connection.execute(_ADD_OWN, account_id, webhook_id)


async def remove_unreadable(
    connection: DatabaseConnection,
    account_id: UUID,
    webhook_id: UUID,
    chat_ids: Sequence[UUID] | None,
    of: Sequence[UUID] | None = None,
) -> None:
    """Removes the cursors of streams that the webhook gets nothing of. `chat_ids`: its chats. `of`: only of these."""
    query = _REMOVE_UNREADABLE_WITH_CITUS if has_citus(connection) else _REMOVE_UNREADABLE
    await connection.execute(query, account_id, webhook_id, chat_ids, of)


async def delete_of_webhook(connection: DatabaseConnection, account_id: UUID, webhook_id: UUID) -> None:
    await connection.execute(_DELETE_OF_WEBHOOK, account_id, webhook_id)


async def delete_of_account(connection: DatabaseConnection, account_id: UUID, limit: int) -> bool:
    """Returns True if rows were deleted."""
    return bool(await connection.fetch(_DELETE_OF_ACCOUNT, account_id, limit))
