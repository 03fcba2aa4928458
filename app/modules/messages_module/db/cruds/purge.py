from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

# Ranges of the key: each chunk costs the same, however large the chat is.
_PURGE = """
WITH oldest AS (SELECT min(seq) AS first FROM message WHERE chat_id = $1), reacted AS (
    DELETE FROM reaction USING oldest WHERE chat_id = $1 AND seq < oldest.first + $2
)
DELETE FROM message USING oldest WHERE chat_id = $1 AND seq < oldest.first + $2 RETURNING seq
"""


async def purge_chat(connection: DatabaseConnection, chat_id: UUID, limit: int) -> bool:
    """Deletes the oldest `limit` messages with their reactions. Returns True if there were any."""
    return bool(await connection.fetch(_PURGE, chat_id, limit))
