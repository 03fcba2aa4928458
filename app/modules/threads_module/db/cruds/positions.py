"""Read positions in threads, in hand-written SQL. Members change their own under the lock of their account's stream."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_account

MAX_UNREAD = 10_000
"""Unread replies of a thread that are counted. Any member can write millions."""

MAX_POSITIONS = 10_000
"""Positions of a member in the threads of a chat. All are deleted by one statement when the membership ends."""
MAX_FOLLOWED = 20_000
"""Threads that an account follows in all its chats. A page of them reads all of them."""

# The position x of p, if there is one. Only the primary key has the two columns that are compared together: in the
# index of the positions of a member, a lookup would read all of them.
WITH_POSITION = """
LEFT JOIN LATERAL (
    SELECT * FROM thread_position
    WHERE chat_id = p.chat_id
      AND (root_seq, account_id) BETWEEN (p.root_seq, p.account_id) AND (p.root_seq, p.account_id)
    ORDER BY root_seq, account_id
) x ON true
"""
# They read up to the limit.
HAS_MOST = f"""
EXISTS (
    SELECT FROM thread_position o WHERE o.chat_id = p.chat_id AND o.account_id = p.account_id OFFSET {MAX_POSITIONS} - 1
)
"""
FOLLOWS_MOST = f"""
EXISTS (
    SELECT FROM thread_position o WHERE o.account_id = p.account_id AND o.is_following OFFSET {MAX_FOLLOWED} - 1
)
"""
_ASKED = f"(SELECT $1::uuid AS chat_id, $2::bigint AS root_seq, $3::uuid AS account_id) p {WITH_POSITION}"
_FIND_ROOM = f"SELECT x.account_id IS NOT NULL OR NOT {HAS_MOST} FROM {_ASKED}"  # noqa: S608 - constants only
_MAY_FOLLOW = f"SELECT x.is_following IS TRUE OR NOT {FOLLOWS_MOST} FROM {_ASKED}"  # noqa: S608 - constants only
_MOVE = """
INSERT INTO thread_position (chat_id, root_seq, account_id, read_seq, is_following) VALUES ($1, $2, $3, $4, NULL)
ON CONFLICT (chat_id, root_seq, account_id) DO UPDATE SET read_seq = excluded.read_seq
WHERE thread_position.read_seq < excluded.read_seq
RETURNING read_seq
"""
_UNREAD = f"""
(
    SELECT count(*) FROM (
        SELECT r.seq FROM thread_reply r
        WHERE r.chat_id = p.chat_id AND r.root_seq = p.root_seq AND r.seq > p.read_seq
        ORDER BY r.seq LIMIT {MAX_UNREAD}
    ) unread
) AS unread_count
"""  # noqa: S608 - constants only
_FIND = f"""
SELECT p.read_seq, {_UNREAD}
FROM thread_position p WHERE p.chat_id = $1 AND p.root_seq = $2 AND p.account_id = $3
"""  # noqa: S608 - constants only
# What was said before is not unread.
_FOLLOW = """
INSERT INTO thread_position (chat_id, root_seq, account_id, read_seq, is_following)
VALUES ($1, $2, $3, coalesce((SELECT last_seq FROM thread WHERE chat_id = $1 AND root_seq = $2), $2), true)
ON CONFLICT (chat_id, root_seq, account_id)
DO UPDATE SET read_seq = greatest(thread_position.read_seq, excluded.read_seq), is_following = true
WHERE thread_position.is_following IS NOT TRUE
RETURNING account_id
"""
# With a row, also for an author whose thread has no reply yet: the first one does not make it follow.
_UNFOLLOW = """
INSERT INTO thread_position (chat_id, root_seq, account_id, read_seq, is_following) VALUES ($1, $2, $3, $2, false)
ON CONFLICT (chat_id, root_seq, account_id) DO UPDATE SET is_following = false
WHERE thread_position.is_following IS NOT FALSE
RETURNING account_id
"""
# $2: unread ones only. $3 to $5: key of the last thread of the page before.
_LIST = f"""
SELECT p.chat_id, p.root_seq, p.read_seq, p.active_at, {_UNREAD}
FROM (
    SELECT p.chat_id, p.root_seq, p.read_seq, t.active_at
    FROM thread_position p
    JOIN thread t ON t.chat_id = p.chat_id AND t.root_seq = p.root_seq AND t.reply_count > 0
    JOIN chat c ON c.id = p.chat_id AND c.deleted_at IS NULL
    WHERE p.account_id = $1 AND p.is_following AND (NOT $2 OR t.last_seq > p.read_seq)
      AND ($3::timestamptz IS NULL OR (t.active_at, p.chat_id, p.root_seq) < ($3, $4::uuid, $5::bigint))
    ORDER BY t.active_at DESC, p.chat_id DESC, p.root_seq DESC LIMIT $6
) p
ORDER BY p.active_at DESC, p.chat_id DESC, p.root_seq DESC
"""  # noqa: S608 - constants only
DELETE_OF_ACCOUNT = delete_of_account("thread_position", "chat_id", "root_seq")


async def has_room(connection: DatabaseConnection, chat_id: UUID, root_seq: int, account_id: UUID) -> bool:
    """Returns False if a position in this thread would be one more than MAX_POSITIONS."""
    return bool(await connection.fetchval(_FIND_ROOM, chat_id, root_seq, account_id))


async def may_follow(connection: DatabaseConnection, chat_id: UUID, root_seq: int, account_id: UUID) -> bool:
    """Returns False if this thread would be one more than MAX_FOLLOWED."""
    return bool(await connection.fetchval(_MAY_FOLLOW, chat_id, root_seq, account_id))


async def move_read(connection: DatabaseConnection, chat_id: UUID, root_seq: int, account_id: UUID, seq: int) -> bool:
    """Moves a position forward. Returns True if it moved, or is new."""
    return bool(await connection.fetch(_MOVE, chat_id, root_seq, account_id, seq))


async def find_read(connection: DatabaseConnection, chat_id: UUID, root_seq: int, account_id: UUID) -> tuple[int, int]:
    """Returns a position, and the number of replies after it, at most MAX_UNREAD."""
    read_seq, unread_count = (await connection.fetch(_FIND, chat_id, root_seq, account_id))[0]
    return read_seq, unread_count


async def follow(connection: DatabaseConnection, chat_id: UUID, root_seq: int, account_id: UUID) -> bool:
    """Returns False if the account follows the thread already."""
    return bool(await connection.fetch(_FOLLOW, chat_id, root_seq, account_id))


async def unfollow(connection: DatabaseConnection, chat_id: UUID, root_seq: int, account_id: UUID) -> bool:
    """Returns False if the account has unfollowed the thread already."""
    return bool(await connection.fetch(_UNFOLLOW, chat_id, root_seq, account_id))


async def list_followed(
    connection: DatabaseConnection,
    account_id: UUID,
    before: tuple[datetime, UUID, int] | None,
    limit: int,
    *,
    only_unread: bool,
) -> Sequence[Any]:
    """Returns the threads with replies that the account follows, the one with the newest reply first."""
    key = before or (None, None, None)
    rows: Sequence[Any] = await connection.fetch(_LIST, account_id, only_unread, *key, limit)
    return rows
