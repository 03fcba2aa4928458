"""Builds the next index and swaps it with the one that searches read, in hand-written SQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection

_FIND = "SELECT state, is_first, form, done, total FROM search_build"
_CLAIM = "SELECT state, form, chat_id, seq FROM search_build FOR UPDATE SKIP LOCKED"
# An index that has nothing while there are messages has never been built: the module was off, or is new here.
_IS_MISSING = """
SELECT EXISTS (SELECT 1 FROM message WHERE deleted_at IS NULL) AND NOT EXISTS (SELECT 1 FROM search_message)
"""
_BEGIN = """
UPDATE search_build
SET state = 'building', form = $1, is_first = is_first OR $2, chat_id = NULL, seq = 0, done = 0, began_at = $3,
    ended_at = NULL, total = (SELECT coalesce(sum(last_seq), 0) FROM chat WHERE deleted_at IS NULL)
"""
# Of one transaction with _BEGIN: a reader of `search_message` never waits for it.
_EMPTY = "TRUNCATE search_message_next"
_CHATS_FROM = """
SELECT id, last_seq FROM chat
WHERE deleted_at IS NULL AND last_seq > 0 AND id >= coalesce($1, '00000000-0000-0000-0000-000000000000'::uuid)
ORDER BY id LIMIT $2
"""
_LAST_SEQ = "SELECT last_seq FROM chat WHERE id = $1 AND deleted_at IS NULL"
_MOVE = "UPDATE search_build SET chat_id = $1, seq = $2, done = done + $3"
_END = "UPDATE search_build SET state = 'ready', is_first = false, chat_id = NULL, seq = 0, ended_at = $1"
# What these jobs have left out, or have still to do, is in the next index: the build began after them.
_REMOVE_OLD = """
DELETE FROM job
WHERE name = 'search.catch_up' AND state <> 'running' AND created_at < (SELECT began_at FROM search_build)
"""
_ANALYZE_SECONDS = 60.0
_ANALYZE = "SET LOCAL statement_timeout = '60s'; ANALYZE search_message_next"
# By their names: no statement of a search has to know which of the two is in use. Searches that come meanwhile wait for
# those that run, not for a backup that reads the table for an hour.
_SWAP = """
SET LOCAL lock_timeout = '300ms';
ALTER TABLE search_message RENAME TO search_message_old;
ALTER TABLE search_message_next RENAME TO search_message;
ALTER TABLE search_message_old RENAME TO search_message_next;
ALTER INDEX pk_search_message RENAME TO pk_search_message_old;
ALTER INDEX pk_search_message_next RENAME TO pk_search_message;
ALTER INDEX pk_search_message_old RENAME TO pk_search_message_next;
ALTER INDEX ix_search_message_tsv RENAME TO ix_search_message_old_tsv;
ALTER INDEX ix_search_message_next_tsv RENAME TO ix_search_message_tsv;
ALTER INDEX ix_search_message_old_tsv RENAME TO ix_search_message_next_tsv;
TRUNCATE search_message_next;
"""


async def find(connection: Connection) -> Any:
    """Returns the state of the build."""
    (row,) = await connection.fetch(_FIND)
    return row


async def claim(connection: Connection) -> Any | None:
    """Locks the state of the build. Returns None if another process works on it."""
    rows = await connection.fetch(_CLAIM)
    return rows[0] if rows else None


async def is_missing(connection: Connection) -> bool:
    """Returns True if there are messages and nothing of them is indexed."""
    return bool(await connection.fetchval(_IS_MISSING))


async def begin(connection: Connection, form: str, at: datetime, *, is_first: bool) -> None:
    await connection.execute(_BEGIN, form, is_first, at)
    await connection.execute(_EMPTY)


async def list_chats_from(connection: Connection, chat_id: UUID | None, limit: int) -> list[tuple[UUID, int]]:
    """Returns this chat and those after it, each with the number of its last message."""
    return [(row["id"], row["last_seq"]) for row in await connection.fetch(_CHATS_FROM, chat_id, limit)]


async def find_last_seq(connection: Connection, chat_id: UUID) -> int:
    """Returns the number of the last message of a chat, 0 for a deleted one."""
    return int(await connection.fetchval(_LAST_SEQ, chat_id) or 0)


async def move(connection: Connection, chat_id: UUID, seq: int, count: int) -> None:
    """Notes how far the build has come."""
    await connection.execute(_MOVE, chat_id, seq, count)


async def analyze(connection: Connection) -> None:
    """Lets PostgreSQL count the words of the next index: its plans depend on how common they are."""
    await connection.execute(_ANALYZE, timeout=_ANALYZE_SECONDS)


async def swap(connection: Connection, at: datetime) -> None:
    """Puts the next index in the place of the one that searches read, which is emptied."""
    await connection.execute(_END, at)
    await connection.execute(_REMOVE_OLD)
    await connection.execute(_SWAP)
