"""Read positions, in hand-written SQL, because they move all the time.

Rows are locked in the order chat, member, as a batch of messages locks them.
"""

from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

# Updates only if one of the two furthest positions of different members changes: most calls take no lock here.
_MOVE_FURTHEST = """
UPDATE chat SET
    runner_up_read_seq = CASE
        WHEN furthest_reader_id = $2 THEN runner_up_read_seq
        WHEN furthest_read_seq < $3 THEN furthest_read_seq
        ELSE $3
    END,
    furthest_read_seq = greatest(furthest_read_seq, $3),
    furthest_reader_id = CASE WHEN furthest_read_seq < $3 THEN $2 ELSE furthest_reader_id END
WHERE id = $1 AND $3 > CASE WHEN furthest_reader_id = $2 THEN furthest_read_seq ELSE runner_up_read_seq END
"""

MAX_DELETED = 10_000
"""Deleted messages after a read position that are looked for. Any member can send and delete millions."""

# The unread messages of member m in chat c. Sending a message updates no counter. Only an index of the deleted messages
# is read, and only if something is unread. Callers read the event's sequence number in the same statement, so that both
# come from one snapshot.
UNREAD = f"""
CASE WHEN c.last_seq > m.read_seq THEN c.last_seq - m.read_seq - (
    SELECT count(*) FROM (
        SELECT seq FROM message WHERE chat_id = c.id AND seq > m.read_seq AND deleted_at IS NOT NULL
        ORDER BY seq LIMIT {MAX_DELETED}
    ) deleted
) ELSE 0 END
"""  # noqa: S608 - constants only
_FIND = f"""
SELECT m.read_seq, {UNREAD} AS unread_count FROM chat c JOIN chat_member m ON m.chat_id = c.id AND m.account_id = $2
WHERE c.id = $1
"""  # noqa: S608 - constants only

_MOVE_OWN = """
UPDATE chat_member SET read_seq = $3 WHERE chat_id = $1 AND account_id = $2 AND read_seq < $3 RETURNING read_seq
"""


async def move_read(connection: DatabaseConnection, chat_id: UUID, account_id: UUID, seq: int) -> bool:
    """Returns True if the position moved. The account's own message may have moved it further in the meantime."""
    await connection.execute(_MOVE_FURTHEST, chat_id, account_id, seq)
    return await connection.fetchval(_MOVE_OWN, chat_id, account_id, seq) is not None


async def find_read(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> tuple[int, int]:
    """Returns a member's read position, and the number of messages after it that are not deleted.

    It is exact up to MAX_DELETED deleted messages.
    """
    row = (await connection.fetch(_FIND, chat_id, account_id))[0]
    return row["read_seq"], row["unread_count"]
