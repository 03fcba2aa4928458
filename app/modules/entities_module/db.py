"""Mentions: one row for each message and account that it mentions. Changes run under the lock of the chat's stream."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_chat, one_row
from app.modules.messages_module.extension import EVERYONE
from app.utils.invariants import Invariant


class MessageMention(ChatFamilyModel):
    """A message that mentions an account, or all members of its chat: EVERYONE. Then it has no other row.

    Sends update no counter: the rows after a member's read position are counted. `mentioned_at` is the time of the send
    or of the edit. Rows of former members stay, and are not shown until they are members again.
    """

    __tablename__ = "message_mention"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    mentioned_at: Mapped[datetime]


Index("ix_message_mention_seq", MessageMention.chat_id, MessageMention.seq)
Index(
    "ix_message_mention_mentioned_at",
    MessageMention.chat_id,
    MessageMention.account_id,
    MessageMention.mentioned_at,
    MessageMention.seq,
)

MAX_UNREAD = 10_000
"""Unread mentions of a member in a chat that are counted. Any member can write millions."""

UNREAD_MENTIONS = f"""
CASE WHEN c.last_seq > m.read_seq THEN (
    SELECT least(count(*), {MAX_UNREAD}) FROM (
        (
            SELECT seq FROM message_mention WHERE chat_id = c.id AND account_id = m.account_id AND seq > m.read_seq
            ORDER BY seq LIMIT {MAX_UNREAD}
        ) UNION ALL (
            SELECT seq FROM message_mention WHERE chat_id = c.id AND account_id = '{EVERYONE}' AND seq > m.read_seq
            ORDER BY seq LIMIT {MAX_UNREAD}
        )
    ) mention
) ELSE 0 END
"""  # noqa: S608 - constants only

# What the entities of the messages say.
_EXPECTED = f"""
SELECT DISTINCT m.chat_id, m.seq, m.created_at,
       CASE WHEN m.has_all THEN '{EVERYONE}'::uuid ELSE (entity ->> 'account_id')::uuid END AS account_id
FROM (
    SELECT chat_id, seq, created_at, sender_id, entity,
           bool_or(entity ->> 'type' = 'mention_all') OVER message AS has_all
    FROM message CROSS JOIN LATERAL json_array_elements(parts -> 'entities') AS entity
    WHERE deleted_at IS NULL AND parts IS NOT NULL {{chats}}
      AND entity ->> 'type' IN ('mention', 'mention_all')
    WINDOW message AS (PARTITION BY chat_id, seq)
) m
WHERE m.has_all OR (entity ->> 'account_id')::uuid <> m.sender_id
"""  # noqa: S608 - constants only
_EXPECTED_ANYWHERE = _EXPECTED.format(chats="")
_EXPECTED_THERE = _EXPECTED.format(chats="AND chat_id = ANY($1)")
# The rows of an erased account are deleted. The entities that name it stay.
_NOT_ERASED = "NOT EXISTS (SELECT FROM account WHERE id = account_id AND erased_at IS NOT NULL)"

INVARIANTS = (
    Invariant(
        says="mentions are counted as the messages' entities say",
        find=f"""
            SELECT chat_id AS stream_id, format('message %s: the mention of %s is %s', seq, account_id,
                   CASE WHEN expected.created_at IS NULL THEN 'not there any more' ELSE 'not counted' END) AS detail
            FROM ({_EXPECTED_ANYWHERE}) expected FULL JOIN message_mention USING (chat_id, seq, account_id)
            JOIN chat ON chat.id = chat_id AND chat.deleted_at IS NULL
            WHERE (expected.created_at IS NULL OR message_mention.mentioned_at IS NULL) AND {_NOT_ERASED}
        """,  # noqa: S608 - constants only
        advice="messages were changed while the module was disabled; --fix counts the mentions again",
        fix=(
            f"""
            DELETE FROM message_mention x WHERE chat_id = ANY($1) AND NOT EXISTS (
                SELECT FROM ({_EXPECTED_THERE}) e
                WHERE e.chat_id = x.chat_id AND e.seq = x.seq AND e.account_id = x.account_id
            )
            """,  # noqa: S608 - constants only
            f"""
            INSERT INTO message_mention (chat_id, account_id, seq, mentioned_at)
            SELECT chat_id, account_id, seq, created_at FROM ({_EXPECTED_THERE}) expected WHERE {_NOT_ERASED}
            ON CONFLICT DO NOTHING
            """,  # noqa: S608 - constants only
        ),
    ),
)

_FIND_NAMED = f"""
SELECT m.chat_id, a.username, a.id
FROM unnest($1::uuid[], $2::text[]) AS named(chat_id, username)
JOIN account a ON a.username = named.username AND a.erased_at IS NULL
CROSS JOIN LATERAL {one_row("chat_member", chat_id="named.chat_id", account_id="a.id")} m
"""  # noqa: S608 - constants only
_INSERT = """
INSERT INTO message_mention (chat_id, account_id, seq, mentioned_at)
SELECT chat_id, account_id, seq, $4 FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS new(chat_id, account_id, seq)
ON CONFLICT DO NOTHING
"""
_DELETE = """
DELETE FROM message_mention x USING unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS old(chat_id, account_id, seq)
WHERE x.chat_id = old.chat_id AND x.account_id = old.account_id AND x.seq = old.seq
"""
# The order is that of the index by messages: the one of the primary key would be read through.
_LIST_OF_MESSAGES = """
SELECT x.seq, x.account_id FROM unnest($2::bigint[]) AS asked(seq) CROSS JOIN LATERAL (
    SELECT seq, account_id FROM message_mention
    WHERE chat_id = $1 AND seq BETWEEN asked.seq AND asked.seq ORDER BY chat_id, seq
) x
"""
PURGE = delete_of_chat("message_mention", "account_id", "seq")
DELETE_OF_ACCOUNT = """
DELETE FROM message_mention x USING (
    SELECT mine.chat_id, mine.seq FROM (
        SELECT chat_id FROM account_chat WHERE account_id = $1
        UNION SELECT chat_id FROM former_member WHERE account_id = $1
    ) seen
    JOIN message_mention mine ON mine.chat_id = seen.chat_id AND mine.account_id = $1 LIMIT $2
) chunk WHERE x.chat_id = chunk.chat_id AND x.account_id = $1 AND x.seq = chunk.seq
RETURNING x.seq
"""
_CLOCKS = "interval '3 hours'"
"""By how much the clocks of processes may differ: a later message of a chat may have an earlier time."""
_MOST_WINDOWS = 3
"""How many times as many mentions as were asked for are looked at."""
# $1 account, $2 to $4 the key of the last mention of the previous page, $5 limit, $6 only unread ones. The newest of
# the chat `a` are read from its index. Members who joined later were not mentioned by a message to all. An unread
# message is newer than the one that was read last.
_OF_CHAT = f"""
(
    SELECT x.* FROM (VALUES ($1::uuid), ('{EVERYONE}'::uuid)) AS named(id)
    CROSS JOIN LATERAL (
        SELECT chat_id, seq, mentioned_at FROM message_mention
        WHERE chat_id = a.chat_id AND account_id = named.id AND mentioned_at <= $2
          AND mentioned_at > coalesce(
              greatest(a.read_at, CASE WHEN named.id <> $1 THEN a.joined_at END) - {_CLOCKS}, '-infinity'
          )
          AND (mentioned_at, chat_id, seq) < ($2, $3::uuid, $4::bigint)
          AND (NOT $6 OR seq > a.read_seq)
          AND (named.id = $1 OR mentioned_at > a.joined_at OR seq > a.read_seq)
        ORDER BY mentioned_at DESC, seq DESC LIMIT {{limit}}
    ) x
    ORDER BY x.mentioned_at DESC, x.seq DESC LIMIT {{limit}}
) x
"""  # noqa: S608 - constants only
_NEWEST_OF_CHAT, _PAGE_OF_CHAT = (_OF_CHAT.format(limit=limit) for limit in ("1", "$5"))
# As many chats as mentions are enough: those with the newest ones. Any number may be the account's own messages to all:
# they are not shown.
_LIST = f"""
SELECT found.*, coalesce(m.deleted_at IS NULL AND m.sender_id <> $1, false) AS is_shown
FROM (
    SELECT x.chat_id, x.seq, x.mentioned_at, x.seq > a.read_seq AS is_unread
    FROM (
        SELECT a.* FROM (
            SELECT r.chat_id, r.read_seq, r.joined_at, was.created_at AS read_at
            FROM account_chat a
            CROSS JOIN LATERAL {one_row("chat", id="a.chat_id")} c
            CROSS JOIN LATERAL {one_row("chat_member", chat_id="a.chat_id", account_id="a.account_id")} r
            LEFT JOIN LATERAL {one_row("message", chat_id="a.chat_id", seq="CASE WHEN $6 THEN r.read_seq END")} was
                ON true
            WHERE a.account_id = $1 AND c.deleted_at IS NULL AND (NOT $6 OR c.last_seq > r.read_seq)
        ) a
        CROSS JOIN LATERAL {_NEWEST_OF_CHAT}
        ORDER BY x.mentioned_at DESC, x.chat_id DESC LIMIT $5
    ) a
    CROSS JOIN LATERAL {_PAGE_OF_CHAT}
    ORDER BY x.mentioned_at DESC, x.chat_id DESC, x.seq DESC LIMIT $5
) found
LEFT JOIN LATERAL {one_row("message", chat_id="found.chat_id", seq="found.seq")} m ON true
ORDER BY found.mentioned_at DESC, found.chat_id DESC, found.seq DESC
"""  # noqa: S608 - constants only


class Mention(NamedTuple):
    """A message that mentions the viewer."""

    chat_id: UUID
    seq: int
    mentioned_at: datetime
    is_unread: bool


class Mentions(NamedTuple):
    """Mentions of an account, in order.

    `end` is the key (time, chat, number) of the mention up to which all were looked at. It is None where there are no
    others after it, or where `rows` are as many as were asked for.
    """

    rows: Sequence[Mention]
    end: tuple[datetime, UUID, int] | None = None


Key = tuple[UUID, UUID, int]
"""Chat, account and number of the message."""


async def find_named(
    connection: DatabaseConnection, named: Collection[tuple[UUID, str]]
) -> Mapping[tuple[UUID, str], UUID]:
    """Returns the accounts with these usernames that are members of these chats."""
    chat_ids, usernames = zip(*named, strict=True)
    rows = await connection.fetch(_FIND_NAMED, chat_ids, usernames)
    return {(row["chat_id"], row["username"]): row["id"] for row in rows}


async def insert_mentions(connection: DatabaseConnection, keys: Sequence[Key], at: datetime) -> None:
    await connection.execute(_INSERT, *zip(*keys, strict=True), at)


async def delete_mentions(connection: DatabaseConnection, keys: Sequence[Key]) -> None:
    await connection.execute(_DELETE, *zip(*keys, strict=True))


async def list_mentioned(connection: DatabaseConnection, chat_id: UUID, seqs: Sequence[int]) -> Mapping[int, set[UUID]]:
    """Returns whom each of the messages mentions. One that mentions no account is left out."""
    found: dict[int, set[UUID]] = {}
    for row in await connection.fetch(_LIST_OF_MESSAGES, chat_id, list(seqs)):
        found.setdefault(row["seq"], set()).add(row["account_id"])
    return found


async def list_mentions(
    connection: DatabaseConnection, account_id: UUID, before: tuple[datetime, UUID, int], limit: int, *, unread: bool
) -> Mentions:
    """Returns mentions of the account in its chats, the newest first."""
    shown: list[Mention] = []
    for _ in range(_MOST_WINDOWS):
        rows: Sequence[Any] = await connection.fetch(_LIST, account_id, *before, limit, unread)
        shown += [Mention(*mention) for *mention, is_shown in rows if is_shown]
        if len(rows) < limit or len(shown) >= limit:
            return Mentions(shown[:limit])
        before = rows[-1]["mentioned_at"], rows[-1]["chat_id"], rows[-1]["seq"]
    return Mentions(shown, before)
