"""Looks for chats with new messages, and writes down for which members they may be unread."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row

NO_CHAT, EVERY_CHAT = UUID(int=0), UUID(int=2**128 - 1)
"""They sort before and after all chats."""

# After a day without a run the mails have been off. Messages of that time are in none.
_BEGIN = """
INSERT INTO digest_search AS s (id, after, started_at, ran_at) VALUES (1, $2, $1, $1)
ON CONFLICT (id) DO UPDATE SET ran_at = $1,
    started_at = CASE WHEN s.ran_at < $1 - interval '1 day' THEN $1 ELSE s.started_at END
RETURNING after, started_at
"""
_MOVE = "UPDATE digest_search SET after = $1"
_FIND_END = "SELECT id FROM chat WHERE id > $1 ORDER BY id OFFSET $2 LIMIT 1"
# A chat that is older than the search, and that it has not seen, has been read or not: that is no news.
_LIST_CHATS = """
SELECT c.id, c.type, c.last_seq,
    coalesce(d.seq, CASE WHEN c.created_at < $3 THEN c.last_seq ELSE 0 END) AS seen
FROM chat c LEFT JOIN digest_chat d ON d.chat_id = c.id
WHERE c.id > $1 AND c.id <= $2 AND c.deleted_at IS NULL AND (d.seq IS NULL OR d.seq < c.last_seq)
"""
_LIST_MESSAGES = """
SELECT seq, sender_id, created_at FROM message
WHERE chat_id = $1 AND seq > $2 AND seq <= $3 AND deleted_at IS NULL AND created_at >= $4 ORDER BY seq
"""
_LIST_MEMBERS = """
SELECT account_id FROM chat_member WHERE chat_id = $1 AND account_id > $2 AND read_seq < $3
ORDER BY account_id LIMIT $4
"""
# `all` is no default, so it is stored.
_LIST_MEMBERS_FOR_ALL = """
SELECT m.account_id FROM chat_member m JOIN notification_settings n ON n.account_id = m.account_id
WHERE m.chat_id = $1 AND m.account_id > $2 AND m.read_seq < $3 AND n.more ->> 'email' = 'all'
ORDER BY m.account_id LIMIT $4
"""
# The earlier time stays: more messages do not postpone the mail. In one order, so that two such calls cannot deadlock.
_NOTE = f"""
INSERT INTO digest_position AS p (account_id, chat_id, seq, first_seq, due_at)
SELECT n.account_id, $1, 0, $2, n.due_at FROM unnest($4::uuid[], $5::timestamptz[]) AS n(account_id, due_at)
CROSS JOIN LATERAL {one_row("chat_member", chat_id="$1", account_id="n.account_id")} m
CROSS JOIN LATERAL {one_row("account", id="n.account_id")} a
WHERE m.read_seq < $3 AND a.email IS NOT NULL ORDER BY n.account_id
ON CONFLICT (account_id, chat_id) DO UPDATE SET first_seq = excluded.first_seq, due_at = excluded.due_at
WHERE p.due_at IS NULL
"""  # noqa: S608 - constants only
_WRITE_SEEN = """
INSERT INTO digest_chat (chat_id, seq) SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS s(chat_id, seq)
ORDER BY s.chat_id ON CONFLICT (chat_id) DO UPDATE SET seq = excluded.seq
"""


class Search(NamedTuple):
    after: UUID
    started_at: datetime


class FoundChat(NamedTuple):
    """A chat with messages after `seen`."""

    id: UUID
    type: str
    last_seq: int
    seen: int


class FoundMessage(NamedTuple):
    seq: int
    sender_id: UUID
    created_at: datetime


async def begin(connection: DatabaseConnection, at: datetime) -> Search:
    """Returns how far the search has come. The first call begins it."""
    return Search(*(await connection.fetch(_BEGIN, at, NO_CHAT))[0])


async def move(connection: DatabaseConnection, after: UUID) -> None:
    await connection.execute(_MOVE, after)


async def find_end(connection: DatabaseConnection, after: UUID, count: int) -> UUID:
    """Returns the last of the next `count` chats, or EVERY_CHAT if there are fewer."""
    found: UUID | None = await connection.fetchval(_FIND_END, after, count - 1)
    return found or EVERY_CHAT


async def list_chats(
    connection: DatabaseConnection, after: UUID, through: UUID, started_at: datetime
) -> list[FoundChat]:
    """Returns those of the chats that have messages which the search has not seen, or that it does not know."""
    return [FoundChat(*row) for row in await connection.fetch(_LIST_CHATS, after, through, started_at)]


async def list_messages(
    connection: DatabaseConnection, chat_id: UUID, after: int, through: int, since: datetime
) -> list[FoundMessage]:
    rows = await connection.fetch(_LIST_MESSAGES, chat_id, after, through, since)
    return [FoundMessage(*row) for row in rows]


async def list_members(
    connection: DatabaseConnection, chat_id: UUID, after: UUID, last_seq: int, limit: int, *, for_all: bool
) -> list[UUID]:
    """Returns members who have not read up to `last_seq`, by id. `for_all`: only those who want all messages mailed."""
    query = _LIST_MEMBERS_FOR_ALL if for_all else _LIST_MEMBERS
    return [row["account_id"] for row in await connection.fetch(query, chat_id, after, last_seq, limit)]


async def note(
    connection: DatabaseConnection,
    chat_id: UUID,
    first_seq: int,
    last_seq: int,
    account_ids: Sequence[UUID],
    times: Sequence[datetime],
) -> None:
    """Writes down when the unread messages of these members are due. Those without an address are left out."""
    await connection.execute(_NOTE, chat_id, first_seq, last_seq, account_ids, times)


async def write_seen(connection: DatabaseConnection, chats: Sequence[FoundChat]) -> None:
    ids, seqs = [chat.id for chat in chats], [chat.last_seq for chat in chats]
    await connection.execute(_WRITE_SEEN, ids, seqs)
