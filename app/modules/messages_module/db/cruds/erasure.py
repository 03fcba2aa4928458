from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

# Sorted like the unique index over chat, sender and client_msg_id. Otherwise the planner reads the whole table for a
# sender of many messages.
_LIVE = """
SELECT m.chat_id, m.seq FROM message m
WHERE m.chat_id = seen.chat_id AND m.sender_id = $1 AND m.deleted_at IS NULL
  AND EXISTS (SELECT FROM chat WHERE id = seen.chat_id AND deleted_at IS NULL)
ORDER BY m.client_msg_id
"""
_FIND_CHAT = f"""
SELECT live.chat_id FROM (
    SELECT chat_id FROM account_chat WHERE account_id = $1 UNION SELECT chat_id FROM former_member WHERE account_id = $1
) seen
CROSS JOIN LATERAL ({_LIVE} LIMIT 1) live
LIMIT 1
"""  # noqa: S608 - constants only
_LIST = f"SELECT live.seq FROM (SELECT $2::uuid AS chat_id) seen CROSS JOIN LATERAL ({_LIVE} LIMIT $3) live"  # noqa: S608


async def find_chat_with_messages(connection: DatabaseConnection, account_id: UUID) -> UUID | None:
    """Returns a chat with messages of the account that are not deleted. It may have left that chat."""
    found: UUID | None = await connection.fetchval(_FIND_CHAT, account_id)
    return found


async def list_messages_of(connection: DatabaseConnection, account_id: UUID, chat_id: UUID, limit: int) -> list[int]:
    """Returns the numbers of up to `limit` such messages in the chat. None of a deleted chat."""
    return [row["seq"] for row in await connection.fetch(_LIST, account_id, chat_id, limit)]
