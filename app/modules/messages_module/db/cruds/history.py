"""Reading messages, in hand-written SQL. Numbers have no holes, so a page is a range of the primary key."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.modules.streams_module.services.log import Executor


class Side(StrEnum):
    """Where a page lies, seen from its position."""

    BEFORE = "before"
    AFTER = "after"
    AROUND = "around"


_COLUMNS = """
SELECT m.id, m.chat_id, m.seq, m.client_msg_id, m.sender_id, m.type, m.text, m.reply_to_seq, m.created_at, m.edited_at,
       m.deleted_at, m.reaction_count
"""

# $1 chat, $2 viewer, $3 position, $4 limit. One round trip: the page is looked for where its reader is let in.
_PAGE = """
WITH place AS (
    SELECT c.last_seq FROM chat c JOIN chat_member r ON r.chat_id = c.id AND r.account_id = $2
    WHERE c.id = $1 AND c.deleted_at IS NULL
)
SELECT place.last_seq AS head, m.*
FROM place LEFT JOIN LATERAL ({columns} FROM message m WHERE m.chat_id = $1 AND {range}) m ON true
ORDER BY m.seq
"""
_RANGES = {
    Side.BEFORE: "m.seq < least($3, place.last_seq + 1) AND m.seq >= least($3, place.last_seq + 1) - $4",
    Side.AFTER: "m.seq > $3 AND m.seq <= $3 + $4",
    Side.AROUND: """
        m.seq >= least(greatest($3::bigint, 1) - $4::bigint / 2, place.last_seq - $4 + 1)
        AND m.seq < greatest(least(greatest($3::bigint, 1) - $4::bigint / 2, place.last_seq - $4 + 1), 1) + $4
    """,
}
_PAGES = {side: _PAGE.format(columns=_COLUMNS, range=condition) for side, condition in _RANGES.items()}

_RANGE = f"{_COLUMNS} FROM message m WHERE m.chat_id = $1 AND m.seq BETWEEN $2 AND $3 ORDER BY m.seq"

_ONE_OF_EACH = f"""{_COLUMNS}
FROM unnest($1::uuid[], $2::bigint[]) AS wanted(chat_id, seq)
JOIN message m ON m.chat_id = wanted.chat_id AND m.seq = wanted.seq
"""

_REACTIONS = """
SELECT r.chat_id, r.seq, r.emoji, count(*) AS count, bool_or(r.account_id = $1) AS mine
FROM unnest($2::uuid[], $3::bigint[]) AS wanted(chat_id, seq)
JOIN reaction r ON r.chat_id = wanted.chat_id AND r.seq = wanted.seq
GROUP BY r.chat_id, r.seq, r.emoji
ORDER BY min(r.created_at), r.emoji
"""


async def list_page(
    connection: Executor, chat_id: UUID, viewer: UUID, side: Side, position: int, limit: int
) -> Sequence[Any]:
    """A page in ascending order, each row with the chat's `head`; one row without a `seq` where the page is empty.

    Nothing at all for whoever is not in the chat.
    """
    rows: Sequence[Any] = await connection.fetch(_PAGES[side], chat_id, viewer, position, limit)
    return rows


async def list_range(connection: Executor, chat_id: UUID, first_seq: int, last_seq: int) -> Sequence[Any]:
    rows: Sequence[Any] = await connection.fetch(_RANGE, chat_id, first_seq, last_seq)
    return rows


async def list_one_of_each(connection: Executor, seqs: Mapping[UUID, int]) -> Sequence[Any]:
    """The message with the given number of each chat."""
    rows: Sequence[Any] = await connection.fetch(_ONE_OF_EACH, list(seqs), list(seqs.values()))
    return rows


async def list_reactions(connection: Executor, viewer: UUID, messages: Sequence[tuple[UUID, int]]) -> Sequence[Any]:
    """Reactions of the messages (chat, number), those given first in front."""
    rows: Sequence[Any] = await connection.fetch(
        _REACTIONS, viewer, [chat_id for chat_id, _ in messages], [seq for _, seq in messages]
    )
    return rows
