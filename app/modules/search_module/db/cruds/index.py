"""Writes the index, in hand-written SQL. `INDEX` is the one that searches read, `NEXT` the one that is being built."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.citus import fetch_each, of_one
from app.adapters.db.connection import Connection

INDEX, NEXT = "search_message", "search_message_next"

# The number of the last event that holds the message's content; deleted messages have none.
_REVISION = "coalesce(m.event_seqs[cardinality(m.event_seqs)], 0)"
# $1 chats, $2 and $3 the first and the last number of a range of each. Each range, message and entry is looked up by
# the key: joins of whole tables would be planned while these are empty, and kept. The parts `attachments` and
# `entities` are there where modules add them.
_STALE = """
SELECT m.chat_id, m.seq, m.created_at, m.sender_id, m.text, m.deleted_at, {revision} AS revision,
       coalesce((m.parts -> 'attachments')::text, '[]') NOT IN ('[]', 'null') AS has_file,
       EXISTS (
           SELECT FROM json_array_elements(m.parts -> 'entities') AS entity
           WHERE entity ->> 'type' IN ('mention', 'mention_all')
       ) AS has_mention
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS range(chat_id, first, last)
CROSS JOIN LATERAL (SELECT FROM chat WHERE id = range.chat_id AND deleted_at IS NULL LIMIT 1) c
CROSS JOIN LATERAL (
    SELECT * FROM message WHERE chat_id = range.chat_id AND seq BETWEEN range.first AND range.last
    ORDER BY seq LIMIT range.last - range.first + 1
) m
LEFT JOIN LATERAL (
    SELECT revision FROM {table} WHERE chat_id = range.chat_id AND sent_at = m.created_at AND seq = m.seq LIMIT 1
) s ON true
WHERE CASE WHEN m.deleted_at IS NULL THEN s.revision IS DISTINCT FROM {revision} ELSE s.revision IS NOT NULL END
"""
_WRITE = """
INSERT INTO {table} (chat_id, sent_at, seq, revision, tsv)
SELECT new.chat_id, new.sent_at, new.seq, new.revision, new.tsv::tsvector
FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::text[])
    AS new(chat_id, sent_at, seq, revision, tsv)
ON CONFLICT (chat_id, sent_at, seq) DO UPDATE SET revision = excluded.revision, tsv = excluded.tsv
"""
# $1 chats; $2 to $6 of each message: the place of its chat among them, and what is written. Times are as events have
# them: the driver's encoding of times takes longer than PostgreSQL's reading.
_ADD = """
INSERT INTO {table} (chat_id, sent_at, seq, revision, tsv)
SELECT ($1::uuid[])[new.chat], new.sent_at::timestamptz, new.seq, new.revision, new.tsv::tsvector
FROM unnest($2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::text[]) AS new(chat, sent_at, seq, revision, tsv)
"""
# $1 chats; $2 to $5 of each the times and numbers between which all its messages are.
_LIST_LIVE = """
SELECT range.chat_id AS chat_id, s.seq IS NOT NULL AS is_indexed
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
    AS range(chat_id, sent_first, sent_last, first, last)
CROSS JOIN LATERAL (SELECT FROM chat WHERE id = range.chat_id AND deleted_at IS NULL LIMIT 1) c
LEFT JOIN LATERAL (
    SELECT seq FROM {table}
    WHERE chat_id = range.chat_id AND sent_at BETWEEN range.sent_first::timestamptz AND range.sent_last::timestamptz
        AND seq BETWEEN range.first AND range.last
    LIMIT 1
) s ON true
"""
_REMOVE = """
DELETE FROM {table} s USING unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) AS gone(chat_id, sent_at, seq)
WHERE s.chat_id = gone.chat_id AND s.sent_at = gone.sent_at AND s.seq = gone.seq
"""
_PURGE = """
DELETE FROM {table} s USING (
    SELECT sent_at, seq FROM {table} WHERE chat_id = $1 ORDER BY sent_at, seq LIMIT $2
) oldest
WHERE s.chat_id = $1 AND s.sent_at = oldest.sent_at AND s.seq = oldest.seq RETURNING 1
"""


Range = tuple[UUID, int, int]
"""Messages of a chat, from one number to another."""


class IndexRow(NamedTuple):
    """A message as it is written into an index."""

    chat_id: UUID
    sent_at: datetime
    seq: int
    revision: int
    tsv: str


NewRow = tuple[int, str, int, int, str]
"""A message as it is added: the place of its chat in a list, from 1; its time, number, revision and tsvector."""

NewRange = tuple[UUID, str, str, int, int]
"""New messages of a chat, from one time to another and from one number to another."""


class _Statements:
    """The statements on one index."""

    def __init__(self, table: str) -> None:
        self.stale = _STALE.format(table=table, revision=_REVISION)
        self.stale_of_one = of_one(self.stale, "range.chat_id")
        self.write = _WRITE.format(table=table)
        self.add = _ADD.format(table=table)
        self.list_live = _LIST_LIVE.format(table=table)
        self.list_live_of_one = of_one(self.list_live, "range.chat_id")
        self.remove = _REMOVE.format(table=table)
        self.purge = _PURGE.format(table=table)


_OF = {table: _Statements(table) for table in (INDEX, NEXT)}


async def list_stale(connection: Connection, table: str, ranges: Sequence[Range]) -> Sequence[Any]:
    """Returns those of the messages that the index does not have as they are now."""
    arrays = [*map(list, zip(*ranges, strict=True))]
    return await fetch_each(connection, _OF[table].stale, _OF[table].stale_of_one, arrays)


async def write(connection: Connection, table: str, rows: Sequence[IndexRow]) -> None:
    await connection.execute(_OF[table].write, *map(list, zip(*rows, strict=True)))


async def list_live_chats(connection: Connection, table: str, ranges: Sequence[NewRange]) -> dict[UUID, bool]:
    """Returns the chats that are not deleted. True if the index may have some of the messages."""
    arrays = [*zip(*ranges, strict=True)]
    rows = await fetch_each(connection, _OF[table].list_live, _OF[table].list_live_of_one, arrays)
    return {row["chat_id"]: row["is_indexed"] for row in rows}


async def add(connection: Connection, table: str, chat_ids: Sequence[UUID], rows: Sequence[NewRow]) -> None:
    """Adds messages that the index does not have."""
    await connection.execute(_OF[table].add, chat_ids, *zip(*rows, strict=True))


async def remove(connection: Connection, table: str, keys: Sequence[tuple[UUID, datetime, int]]) -> None:
    """Removes the messages with these chats, times and numbers."""
    await connection.execute(_OF[table].remove, *map(list, zip(*keys, strict=True)))


async def purge_chat(connection: Connection, chat_id: UUID, limit: int) -> bool:
    """Removes up to `limit` messages of a chat from each index; returns True if there were any."""
    removed = [await connection.fetch(statements.purge, chat_id, limit) for statements in _OF.values()]
    return any(removed)
