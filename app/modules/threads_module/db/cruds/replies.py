"""Threads and their replies, in hand-written SQL. They change under the lock of the chat's stream."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_chat, one_row
from app.modules.threads_module.db.cruds.positions import FOLLOWS_MOST, HAS_MOST, WITH_POSITION


class Root(NamedTuple):
    """A message that may be the root of a thread. `root_seq` is set if it is itself a reply."""

    sender_id: UUID
    is_deleted: bool
    root_seq: int | None
    has_thread: bool


class Reply(NamedTuple):
    """A new reply."""

    chat_id: UUID
    root_seq: int
    seq: int
    sender_id: UUID


# A deleted reply keeps its root in the message, and one that was edited while the module was disabled in its own row.
_FIND_ROOTS = f"""
SELECT m.chat_id, m.seq, m.sender_id, m.deleted_at IS NOT NULL AS is_deleted,
       coalesce((m.parts ->> 'root_seq')::bigint, r.root_seq) AS root, t.root_seq IS NOT NULL AS has_thread
FROM unnest($1::uuid[], $2::bigint[]) AS asked(chat_id, seq)
CROSS JOIN LATERAL {one_row("message", chat_id="asked.chat_id", seq="asked.seq")} m
LEFT JOIN thread t ON t.chat_id = m.chat_id AND t.root_seq = m.seq
LEFT JOIN thread_reply r ON r.chat_id = m.chat_id AND r.seq = m.seq
"""  # noqa: S608 - constants only
_ADD_REPLIES = """
WITH new AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[]) AS new(chat_id, root_seq, seq, sender_id)
), replies AS (
    INSERT INTO thread_reply (chat_id, root_seq, seq, sender_id) SELECT chat_id, root_seq, seq, sender_id FROM new
), participants AS (
    INSERT INTO thread_participant (chat_id, root_seq, account_id, first_seq, reply_count)
    SELECT chat_id, root_seq, sender_id, min(seq), count(*) FROM new GROUP BY chat_id, root_seq, sender_id
    ON CONFLICT (chat_id, root_seq, account_id)
    DO UPDATE SET reply_count = thread_participant.reply_count + excluded.reply_count
)
INSERT INTO thread (chat_id, root_seq, reply_count, last_seq, active_at)
SELECT chat_id, root_seq, count(*), max(seq), $5 FROM new GROUP BY chat_id, root_seq
ON CONFLICT (chat_id, root_seq) DO UPDATE SET reply_count = thread.reply_count + excluded.reply_count,
    last_seq = excluded.last_seq, active_at = excluded.active_at
"""
# The sender follows the thread and has read it up to its own reply. The author of the root follows it from the first
# reply on, unless it has left the chat, has unfollowed the thread or is erased: an erased account stays a member of its
# direct chats. After it has joined again, what was said before is not unread. Who has too many positions, or follows
# too many threads, does not follow any more. Replies of one batch do not count each other, and are decided by one
# count per member and one per account.
_IF_ROOM = f"""
{WITH_POSITION}
WHERE x.is_following OR p.account_id NOT IN (SELECT account_id FROM full_accounts) AND (
    x.account_id IS NOT NULL OR (p.chat_id, p.account_id) NOT IN (SELECT chat_id, account_id FROM full_members)
)
"""  # noqa: S608 - constants only
_FOLLOW_BY_REPLIES = f"""
WITH new AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[]) AS new(chat_id, root_seq, seq, sender_id)
), roots AS (
    SELECT DISTINCT m.chat_id, m.seq AS root_seq, m.sender_id AS account_id
    FROM new CROSS JOIN LATERAL {one_row("message", chat_id="new.chat_id", seq="new.root_seq")} m
), members AS (
    SELECT chat_id, account_id FROM roots UNION SELECT chat_id, sender_id FROM new
), full_members AS MATERIALIZED (
    SELECT chat_id, account_id FROM members p WHERE {HAS_MOST}
), full_accounts AS MATERIALIZED (
    SELECT account_id FROM (SELECT DISTINCT account_id FROM members) p WHERE {FOLLOWS_MOST}
), authors AS (
    INSERT INTO thread_position (chat_id, root_seq, account_id, read_seq, is_following)
    SELECT p.* FROM (
        SELECT m.chat_id, m.root_seq, m.account_id, greatest(m.root_seq, r.joined_read_seq), true
        FROM roots m
        CROSS JOIN LATERAL {one_row("chat_member", chat_id="m.chat_id", account_id="m.account_id")} r
        JOIN LATERAL {one_row("account", id="m.account_id")} a ON a.erased_at IS NULL
        WHERE NOT EXISTS (
            SELECT FROM new own
            WHERE own.chat_id = m.chat_id AND own.root_seq = m.root_seq AND own.sender_id = m.account_id
        )
    ) p {_IF_ROOM}
    ON CONFLICT (chat_id, root_seq, account_id)
    DO UPDATE SET is_following = true WHERE thread_position.is_following IS NULL
)
INSERT INTO thread_position (chat_id, root_seq, account_id, read_seq, is_following)
SELECT p.* FROM (
    SELECT chat_id, root_seq, sender_id AS account_id, max(seq), true FROM new GROUP BY chat_id, root_seq, sender_id
) p {_IF_ROOM}
ON CONFLICT (chat_id, root_seq, account_id)
DO UPDATE SET read_seq = greatest(thread_position.read_seq, excluded.read_seq), is_following = true
"""  # noqa: S608 - constants only
_REMOVE_REPLIES = "DELETE FROM thread_reply WHERE chat_id = $1 AND seq = ANY($2) RETURNING root_seq, sender_id"
_RECOUNT = """
UPDATE thread t SET reply_count = t.reply_count - removed.count, last_seq = (
    SELECT max(seq) FROM thread_reply r WHERE r.chat_id = t.chat_id AND r.root_seq = t.root_seq
)
FROM (SELECT root_seq, count(*) FROM unnest($2::bigint[]) AS removed(root_seq) GROUP BY root_seq) removed
WHERE t.chat_id = $1 AND t.root_seq = ANY($2) AND t.root_seq = removed.root_seq
"""
_RECOUNT_PARTICIPANTS = """
UPDATE thread_participant p SET reply_count = p.reply_count - removed.count, first_seq = coalesce((
    SELECT min(r.seq) FROM thread_reply r
    WHERE r.chat_id = p.chat_id AND r.root_seq = p.root_seq AND r.sender_id = p.account_id AND r.seq >= 0
), p.first_seq)
FROM (
    SELECT root_seq, account_id, count(*) FROM unnest($2::bigint[], $3::uuid[]) AS removed(root_seq, account_id)
    GROUP BY root_seq, account_id
) removed
WHERE p.chat_id = $1 AND p.root_seq = ANY($2) AND p.root_seq = removed.root_seq
    AND p.account_id = ANY($3) AND p.account_id = removed.account_id
"""
_DELETE_PARTICIPANTS = """
DELETE FROM thread_participant
WHERE chat_id = $1 AND root_seq = ANY($2::bigint[]) AND account_id = ANY($3::uuid[]) AND reply_count = 0
"""
_LIST_BEFORE = """
SELECT seq FROM thread_reply WHERE chat_id = $1 AND root_seq = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4
"""
_LIST_AFTER = "SELECT seq FROM thread_reply WHERE chat_id = $1 AND root_seq = $2 AND seq > $3 ORDER BY seq LIMIT $4"
_HAS_OTHERS = """
SELECT EXISTS (SELECT FROM thread_reply WHERE chat_id = $1 AND root_seq = $2 AND seq < $3),
       EXISTS (SELECT FROM thread_reply WHERE chat_id = $1 AND root_seq = $2 AND seq > $4)
"""
PURGES = (
    delete_of_chat("thread", "root_seq"),
    delete_of_chat("thread_reply", "seq"),
    delete_of_chat("thread_participant", "root_seq", "account_id"),
)


async def find_roots(connection: DatabaseConnection, keys: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, int], Root]:
    """Returns those of the messages (chat, seq) that exist."""
    rows = await connection.fetch(_FIND_ROOTS, *map(list, zip(*keys, strict=True)))
    return {(chat_id, seq): Root(*root) for chat_id, seq, *root in rows}


async def add_replies(connection: DatabaseConnection, replies: Sequence[Reply], at: datetime) -> None:
    """Adds and counts replies. Their senders follow the threads, and the authors of the roots do, if there is room."""
    columns = list(map(list, zip(*replies, strict=True)))
    await connection.execute(_ADD_REPLIES, *columns, at)
    await connection.execute(_FOLLOW_BY_REPLIES, *columns)


async def remove_replies(connection: DatabaseConnection, chat_id: UUID, seqs: Sequence[int]) -> None:
    """Removes those of the messages that are replies, and counts again."""
    removed = await connection.fetch(_REMOVE_REPLIES, chat_id, list(seqs))
    if removed:
        roots, senders = [row["root_seq"] for row in removed], [row["sender_id"] for row in removed]
        await connection.execute(_RECOUNT, chat_id, roots)
        await connection.execute(_RECOUNT_PARTICIPANTS, chat_id, roots, senders)
        await connection.execute(_DELETE_PARTICIPANTS, chat_id, roots, senders)


async def list_before(
    connection: DatabaseConnection, chat_id: UUID, root_seq: int, position: int, limit: int
) -> list[int]:
    """Returns the numbers of the last replies before the position, the last one first."""
    return [row["seq"] for row in await connection.fetch(_LIST_BEFORE, chat_id, root_seq, position, limit)]


async def list_after(
    connection: DatabaseConnection, chat_id: UUID, root_seq: int, position: int, limit: int
) -> list[int]:
    """Returns the numbers of the first replies after the position, in ascending order."""
    return [row["seq"] for row in await connection.fetch(_LIST_AFTER, chat_id, root_seq, position, limit)]


async def has_others(
    connection: DatabaseConnection, chat_id: UUID, root_seq: int, first: int, last: int
) -> tuple[bool, bool]:
    """Returns True for replies before `first`, and True for replies after `last`."""
    before, after = (await connection.fetch(_HAS_OTHERS, chat_id, root_seq, first, last))[0]
    return before, after
