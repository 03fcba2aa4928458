"""Lists the messages of an account by pages of keys: each page costs the same, however many messages are deleted."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

# Sorted like the unique index over chat, sender and client_msg_id. Otherwise the planner reads the whole table for a
# sender of many messages.
_CHATS = """
SELECT seen.chat_id, written.found IS NOT NULL AS has_messages
FROM (
    SELECT chat_id FROM account_chat WHERE account_id = $1 AND chat_id > $2
    UNION SELECT chat_id FROM former_member WHERE account_id = $1 AND chat_id > $2
    ORDER BY chat_id LIMIT $3
) seen
LEFT JOIN LATERAL (
    SELECT true AS found FROM message m WHERE m.chat_id = seen.chat_id AND m.sender_id = $1
    ORDER BY m.client_msg_id LIMIT 1
) written ON true
ORDER BY seen.chat_id
"""
_WITH_ID = """
SELECT seq, client_msg_id, deleted_at IS NULL AS is_live FROM message
WHERE chat_id = $1 AND sender_id = $2 AND client_msg_id >= $3 ORDER BY client_msg_id LIMIT $4
"""
_WITHOUT_ID = """
SELECT seq, deleted_at IS NULL AS is_live FROM message
WHERE chat_id = $1 AND sender_id = $2 AND client_msg_id IS NULL ORDER BY client_msg_id LIMIT $3
"""
# No index has the order of an account's messages without a client_msg_id, so all messages of the chat are read.
_OF_ALL = """
SELECT seq, sender_id = $2 AND client_msg_id IS NULL AND deleted_at IS NULL AS is_live FROM message
WHERE chat_id = $1 AND seq >= $3 ORDER BY seq LIMIT $4
"""


class Place(NamedTuple):
    """Where a page of an account's messages in a chat begins: those with a client_msg_id come first.

    Without `client_msg_id`: those that have none. With `seq`: they are more than a page, and are read by number.
    """

    client_msg_id: UUID | None = UUID(int=0)
    seq: int | None = None


class Page(NamedTuple):
    """The numbers of messages that are not deleted. `after` is where the next page begins, None at the end."""

    live: list[int]
    after: Place | None


async def list_chats(
    connection: DatabaseConnection, account_id: UUID, after: UUID, limit: int
) -> Sequence[tuple[UUID, bool]]:
    """Returns the next chats of the account, also those that it has left, and if it has written messages there."""
    return [tuple(row) for row in await connection.fetch(_CHATS, account_id, after, limit)]


async def list_page(connection: DatabaseConnection, account_id: UUID, chat_id: UUID, place: Place, limit: int) -> Page:
    """Returns a page of the account's messages in a chat. At most `limit` messages are read, at least 2."""
    if place.client_msg_id is not None:
        rows = await connection.fetch(_WITH_ID, chat_id, account_id, place.client_msg_id, limit)
        after: Place | None = Place(rows[-1]["client_msg_id"]) if len(rows) == limit else Place(None)
    elif place.seq is None:
        rows = await connection.fetch(_WITHOUT_ID, chat_id, account_id, limit)
        after = Place(None, 1) if len(rows) == limit else None
    else:
        rows = await connection.fetch(_OF_ALL, chat_id, account_id, place.seq, limit)
        after = Place(None, rows[-1]["seq"]) if len(rows) == limit else None
    return Page([row["seq"] for row in rows if row["is_live"]], after)
