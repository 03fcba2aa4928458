"""Moving a read position, in hand-written SQL: each reader does it all the time.

Rows are taken in the order chat, member: the order in which a batch of messages takes them.
"""

from uuid import UUID

from app.modules.streams_module.services.log import Executor

# Only where it changes what the two furthest positions of different people are: most reads take no lock here.
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

_MOVE_OWN = """
UPDATE chat_member SET read_seq = $3 WHERE chat_id = $1 AND account_id = $2 AND read_seq < $3 RETURNING read_seq
"""


async def move_read(connection: Executor, chat_id: UUID, account_id: UUID, seq: int) -> bool:
    """Whether it moved: one's own message may have moved it further in the meantime."""
    await connection.execute(_MOVE_FURTHEST, chat_id, account_id, seq)
    return await connection.fetchval(_MOVE_OWN, chat_id, account_id, seq) is not None
