"""Reads the index, in hand-written SQL. A key is (sent_at, chat_id, seq); the greatest one is the newest message."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.citus import by_join, has_citus
from app.adapters.db.connection import Connection
from app.adapters.db.sql import one_row

Key = tuple[datetime, UUID, int]

_MY_CHATS = f"""
account_chat a
CROSS JOIN LATERAL {one_row("chat", id="a.chat_id")} c
CROSS JOIN LATERAL {one_row("chat_member", chat_id="c.id", account_id="a.account_id")} r
"""
_CHATS = f"""
SELECT c.id, c.last_seq, c.created_at, c.active_at FROM {_MY_CHATS}
WHERE a.account_id = $1 AND c.deleted_at IS NULL AND ($2::uuid IS NULL OR a.chat_id = $2)
"""  # noqa: S608 - constants only
# For Citus a chat that is known by its id is joined with nothing, hence the text.
_CHATS_WITH_CITUS = by_join(_CHATS, "chat", "c", "a.chat_id").replace("a.chat_id = $2", "c.id::text = $2::text")
# A direct chat is found by the names of the other account, which are read for the newest chats only.
_NAMES = f"""
SELECT c.id, coalesce(c.title, '') AS title, coalesce((
    SELECT o.search_text FROM chat_member p JOIN account o ON o.id = p.account_id
    WHERE c.type = 'direct' AND p.chat_id = c.id AND p.account_id <> $1 LIMIT 1
), '') AS other
FROM (
    SELECT c.id, c.active_at FROM {_MY_CHATS}
    WHERE a.account_id = $1 AND c.deleted_at IS NULL ORDER BY c.active_at DESC, c.id DESC LIMIT $2
) mine
JOIN chat c ON c.id = mine.id
ORDER BY mine.active_at DESC, mine.id DESC
"""  # noqa: S608 - constants only
_NAMES_WITH_CITUS = by_join(_NAMES, "chat", "c", "a.chat_id")
_CURSOR = one_row("subscriber_cursor", stream_id="s.id", subscriber="'search'")
# One statement, because one transaction moves the cursor past events that the log no longer has, and adds the job.
# A job that has failed for good counts, too: it has left messages out.
_BEHIND = f"""
SELECT key::uuid AS id FROM job WHERE owner_id = ANY($2::uuid[]) AND name = 'search.catch_up'
UNION ALL
SELECT s.id FROM stream s LEFT JOIN LATERAL {_CURSOR} c ON true
WHERE s.id = ANY($1::uuid[]) AND coalesce(c.seq, 0) < s.first_seq - 1
"""  # noqa: S608 - constants only
# Of this transaction. A plan for these very words: how many messages have them decides.
_LIMIT = """
SELECT set_config('statement_timeout', $1, true), set_config('plan_cache_mode', 'force_custom_plan', true)
"""
# $1 chats, $2 words (NULL: any), $3 the oldest time, $4 to $6 the key before which it looks, $7 rows of each chat,
# $8 hits.
# `IS TRUE` keeps the words out of the index: the newest rows of each chat are looked at, one by one.
_FIND_IN_WINDOW = """
WITH looked AS MATERIALIZED (
    SELECT row.* FROM unnest($1::uuid[]) AS mine(chat_id) CROSS JOIN LATERAL (
        SELECT s.sent_at, s.chat_id, s.seq, s.revision, ($2::tsquery IS NULL OR s.tsv @@ $2::tsquery) IS TRUE AS is_hit
        FROM search_message s
        WHERE s.chat_id = mine.chat_id AND s.sent_at >= $3 AND s.sent_at <= $4
          AND (s.sent_at, s.chat_id, s.seq) < ($4, $5, $6)
        ORDER BY s.sent_at DESC, s.seq DESC LIMIT $7
    ) row
), ends AS (
    SELECT min(sent_at) AS sent_at, chat_id, (array_agg(seq ORDER BY sent_at, seq))[1] AS seq
    FROM looked GROUP BY chat_id HAVING count(*) = $7
    ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1
)
SELECT counted.rows, ends.sent_at AS end_at, ends.chat_id AS end_chat_id, ends.seq AS end_seq,
       hit.sent_at, hit.chat_id, hit.seq, hit.revision
FROM (SELECT count(*) AS rows FROM looked) counted LEFT JOIN ends ON true LEFT JOIN LATERAL (
    SELECT * FROM looked
    WHERE is_hit AND (ends.seq IS NULL OR (sent_at, chat_id, seq) >= (ends.sent_at, ends.chat_id, ends.seq))
    ORDER BY sent_at DESC, chat_id DESC, seq DESC LIMIT $8
) hit ON true
ORDER BY hit.sent_at DESC, hit.chat_id DESC, hit.seq DESC
"""
_FIND_IN_WINDOW_WITH_CITUS = _FIND_IN_WINDOW.replace(
    "unnest($1::uuid[]) AS mine(chat_id)", "(SELECT id AS chat_id FROM chat WHERE id = ANY($1::uuid[])) AS mine"
)
# The index of words and the key of the chats are combined. $8: what an index is no good for.
_FIND = """
SELECT s.sent_at, s.chat_id, s.seq, s.revision FROM search_message s
WHERE s.chat_id = ANY($1::uuid[]) AND s.tsv @@ $2::tsquery AND s.sent_at >= $3 AND s.sent_at <= $4
  AND (s.sent_at, s.chat_id, s.seq) < ($4, $5, $6) AND ($8::tsquery IS NULL OR (s.tsv @@ $8::tsquery) IS TRUE)
ORDER BY s.sent_at DESC, s.chat_id DESC, s.seq DESC LIMIT $7
"""
_RANK = """
SELECT ranked.* FROM (
    SELECT s.sent_at, s.chat_id, s.seq, s.revision, coalesce(ts_rank(s.tsv, $4::tsquery, 1) * 1000000, 0)::int AS score
    FROM unnest($1::timestamptz[], $2::uuid[], $3::bigint[]) AS hit(sent_at, chat_id, seq)
    JOIN search_message s ON s.chat_id = hit.chat_id AND s.sent_at = hit.sent_at AND s.seq = hit.seq
) ranked
WHERE $5::int IS NULL OR (score, sent_at, chat_id, seq) < ($5, $6, $7, $8)
ORDER BY score DESC, sent_at DESC, chat_id DESC, seq DESC LIMIT $9
"""


class Hit(NamedTuple):
    """A message that the index has these words for, as it was at a revision."""

    sent_at: datetime
    chat_id: UUID
    seq: int
    revision: int

    @property
    def key(self) -> Key:
        return self.sent_at, self.chat_id, self.seq


class Chat(NamedTuple):
    """A chat that is searched, and the data that gives how far back its newest messages reach."""

    id: UUID
    last_seq: int
    created_at: datetime
    active_at: datetime


class WindowHits(NamedTuple):
    """The hits among the newest rows. `end`: the key down to which these reach, None if they are all that there are."""

    hits: list[Hit]
    rows: int
    end: Key | None


async def list_chats(connection: Connection, viewer: UUID, chat_id: UUID | None) -> list[Chat]:
    """Returns the chats that an account is in; with `chat_id`, only that one."""
    query = _CHATS_WITH_CITUS if has_citus(connection) else _CHATS
    return [Chat(*row) for row in await connection.fetch(query, viewer, chat_id)]


async def list_names(connection: Connection, viewer: UUID, limit: int) -> Sequence[Any]:
    """Returns up to `limit` chats that an account is in, the one with the newest message first: (id, title, other)."""
    query = _NAMES_WITH_CITUS if has_citus(connection) else _NAMES
    rows: Sequence[Any] = await connection.fetch(query, viewer, limit)
    return rows


async def list_behind(connection: Connection, chat_ids: Sequence[UUID], owner_ids: Sequence[UUID]) -> set[UUID]:
    """Returns those of the chats with messages whose events are lost, and that are not indexed yet.

    `owner_ids` are the owners of the jobs that index them.
    """
    return {row["id"] for row in await connection.fetch(_BEHIND, chat_ids, owner_ids)}


async def limit_time(connection: Connection, milliseconds: int) -> None:
    """Sets the timeout of the statements that follow in this transaction."""
    await connection.execute(_LIMIT, str(milliseconds))


async def find_in_window(
    connection: Connection,
    chats: Sequence[UUID],
    words: str | None,
    since: datetime,
    before: Key,
    most: int,
    limit: int,
) -> WindowHits:
    """Looks at up to `most` rows of each chat between `since` and the key `before`."""
    query = _FIND_IN_WINDOW_WITH_CITUS if has_citus(connection) else _FIND_IN_WINDOW
    rows: Sequence[Any] = await connection.fetch(query, chats, words, since, *before, most, limit)
    first = rows[0]
    end = None if first["end_seq"] is None else (first["end_at"], first["end_chat_id"], first["end_seq"])
    return WindowHits([_hit(row) for row in rows if row["seq"] is not None], first["rows"], end)


async def find(
    connection: Connection,
    chats: Sequence[UUID],
    words: str,
    since: datetime,
    before: Key,
    limit: int,
    other: str | None,
) -> list[Hit]:
    """Returns hits through the index of words; they have to fit `other` as well."""
    return [_hit(row) for row in await connection.fetch(_FIND, chats, words, since, *before, limit, other)]


async def rank(
    connection: Connection, hits: Sequence[Hit], words: str | None, after: tuple[int, Key] | None, limit: int
) -> list[tuple[int, Hit]]:
    """Returns the hits that come after a score and a key, the highest score first."""
    score, key = after or (None, (None, None, None))
    keys = [[hit.sent_at for hit in hits], [hit.chat_id for hit in hits], [hit.seq for hit in hits]]
    rows: Sequence[Any] = await connection.fetch(_RANK, *keys, words, score, *key, limit)
    return [(row["score"], _hit(row)) for row in rows]


def _hit(row: Any) -> Hit:
    return Hit(row["sent_at"], row["chat_id"], row["seq"], row["revision"])
