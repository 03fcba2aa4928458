from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

# Ranges of keys: each chunk costs the same, however large the chat is, and however many reactions a message has.
_FIRST_TO_KEEP = """
SELECT seq, emoji, account_id FROM reaction WHERE chat_id = $1 ORDER BY seq, emoji, account_id OFFSET $2 LIMIT 1
"""
_PURGE_REACTIONS = "DELETE FROM reaction WHERE chat_id = $1 AND (seq, emoji, account_id) < ($2, $3, $4)"
_PURGE_LAST_REACTIONS = "DELETE FROM reaction WHERE chat_id = $1"
_PURGE = """
WITH oldest AS (SELECT min(seq) AS first FROM message WHERE chat_id = $1)
DELETE FROM message USING oldest WHERE chat_id = $1 AND seq < oldest.first + $2 RETURNING seq
"""


async def purge_chat(connection: DatabaseConnection, chat_id: UUID, limit: int) -> bool:
    """Deletes up to `limit` reactions, and when none is left, up to `limit` messages. Returns False if none was left.

    No reaction is added meanwhile: the chat is deleted, and its stream is locked.
    """
    rows = await connection.fetch(_FIRST_TO_KEEP, chat_id, limit)
    if rows:
        await connection.execute(_PURGE_REACTIONS, chat_id, *rows[0])
        return True
    await connection.execute(_PURGE_LAST_REACTIONS, chat_id)
    return bool(await connection.fetch(_PURGE, chat_id, limit))
