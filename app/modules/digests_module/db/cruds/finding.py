"""Looks for chats with new messages, and writes down for which members they may be unread."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
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
SELECT c.id, c.type, c.member_count, c.last_seq,
    coalesce(d.seq, CASE WHEN c.created_at < $3 THEN c.last_seq ELSE 0 END) AS seen
FROM chat c LEFT JOIN digest_chat d ON d.chat_id = c.id
WHERE c.id > $1 AND c.id <= $2 AND c.deleted_at IS NULL AND (d.seq IS NULL OR d.seq < c.last_seq) ORDER BY c.id
"""
_LIST_MESSAGES = """
SELECT r.chat_id, m.seq, m.sender_id, m.created_at
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS r(chat_id, after, through) CROSS JOIN LATERAL (
    SELECT seq, sender_id, created_at FROM message
    WHERE chat_id = r.chat_id AND seq > r.after AND seq <= r.through AND deleted_at IS NULL AND created_at >= $4
    ORDER BY seq LIMIT $5
) m
"""
# `all` is no default, so it is stored.
_LIST_READERS = f"""
SELECT r.chat_id, m.account_id, coalesce(n.more ->> 'email' = 'all', false) AS for_all
FROM unnest($1::uuid[], $2::bigint[], $3::bool[]) AS r(chat_id, through, is_for_everyone)
CROSS JOIN LATERAL (
    SELECT account_id FROM chat_member WHERE chat_id = r.chat_id AND account_id > $4 AND read_seq < r.through
) m
LEFT JOIN LATERAL {one_row("notification_settings", account_id="m.account_id")} n ON true
WHERE r.is_for_everyone OR n.more ->> 'email' = 'all' ORDER BY m.account_id LIMIT $5
"""  # noqa: S608 - constants only
# The earlier time stays: more messages do not postpone the mail. In one order, so that two such calls cannot deadlock.
_NOTE = f"""
INSERT INTO digest_position AS p (account_id, chat_id, seq, first_seq, due_at)
SELECT n.account_id, n.chat_id, 0, n.first_seq, n.due_at
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[])
    AS n(account_id, chat_id, first_seq, last_seq, due_at)
CROSS JOIN LATERAL {one_row("chat_member", chat_id="n.chat_id", account_id="n.account_id")} m
CROSS JOIN LATERAL {one_row("account", id="n.account_id")} a
WHERE m.read_seq < n.last_seq AND a.email IS NOT NULL ORDER BY n.account_id, n.chat_id
ON CONFLICT (account_id, chat_id) DO UPDATE SET first_seq = excluded.first_seq, due_at = excluded.due_at
WHERE p.due_at IS NULL
"""  # noqa: S608 - constants only
# A chat that was deleted meanwhile gets no row: nothing would delete it.
_WRITE_SEEN = f"""
INSERT INTO digest_chat (chat_id, seq)
SELECT s.chat_id, s.seq FROM unnest($1::uuid[], $2::bigint[]) AS s(chat_id, seq)
CROSS JOIN LATERAL {one_row("chat", id="s.chat_id")} c
WHERE c.deleted_at IS NULL ORDER BY s.chat_id ON CONFLICT (chat_id) DO UPDATE SET seq = excluded.seq
"""  # noqa: S608 - constants only


class Search(NamedTuple):
    after: UUID
    started_at: datetime


class FoundChat(NamedTuple):
    """A chat with messages after `seen`."""

    id: UUID
    type: str
    member_count: int
    last_seq: int
    seen: int


class Range(NamedTuple):
    """New messages of a chat: those after a number."""

    chat: FoundChat
    after: int
    through: int


class FoundMessage(NamedTuple):
    seq: int
    sender_id: UUID
    created_at: datetime


class Reader(NamedTuple):
    """A member that has not read a chat to its end. `for_all`: all messages are mailed to it."""

    chat_id: UUID
    account_id: UUID
    for_all: bool


class Note(NamedTuple):
    """An account may have unread messages from `first_seq` to `last_seq` of a chat, of which one is due first."""

    account_id: UUID
    chat_id: UUID
    first_seq: int
    last_seq: int
    due_at: datetime


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
    connection: DatabaseConnection, ranges: Sequence[Range], since: datetime, limit: int
) -> dict[UUID, list[FoundMessage]]:
    """Returns the messages by chat, at most `limit` of each. Chats without any are left out."""
    ids, after, through = _columns((one.chat.id, one.after, one.through) for one in ranges)
    found: dict[UUID, list[FoundMessage]] = {}
    for chat_id, *message in await connection.fetch(_LIST_MESSAGES, ids, after, through, since, limit):
        found.setdefault(chat_id, []).append(FoundMessage(*message))
    return found


async def list_readers(
    connection: DatabaseConnection, ranges: Sequence[Range], for_everyone: Collection[UUID], after: UUID, limit: int
) -> list[Reader]:
    """Returns members after the account `after`, by id, that have not read these ranges to the end.

    In the chats `for_everyone` these are all members, in others those who have chosen that all messages are mailed.
    """
    ids, through, is_for_everyone = _columns((one.chat.id, one.through, one.chat.id in for_everyone) for one in ranges)
    rows = await connection.fetch(_LIST_READERS, ids, through, is_for_everyone, after, limit)
    return [Reader(*row) for row in rows]


async def note(connection: DatabaseConnection, notes: Sequence[Note]) -> None:
    """Writes down when unread messages are due: one note for a chat and an account. Those without an address are left
    out.
    """
    await connection.execute(_NOTE, *_columns(notes))


async def write_seen(connection: DatabaseConnection, chats: Sequence[FoundChat]) -> None:
    ids, seqs = [chat.id for chat in chats], [chat.last_seq for chat in chats]
    await connection.execute(_WRITE_SEEN, ids, seqs)


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
