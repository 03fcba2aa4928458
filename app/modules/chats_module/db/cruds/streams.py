"""The chat streams that an account may read, in hand-written SQL: each socket that connects reads them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.citus import by_join, has_citus
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row

_READABLE = f"""
SELECT s.id, s.first_seq, s.last_seq, m.joined_event_seq, a.joined_seq
FROM account_chat a
CROSS JOIN LATERAL {one_row("chat", id="a.chat_id")} c
CROSS JOIN LATERAL {one_row("chat_member", chat_id="c.id", account_id="a.account_id")} m
CROSS JOIN LATERAL {one_row("stream", id="c.id")} s
WHERE a.account_id = $1 AND c.deleted_at IS NULL
"""  # noqa: S608 - constants only
_READABLE_WITH_CITUS = by_join(by_join(_READABLE, "chat", "c", "a.chat_id"), "stream", "s", "c.id")

_SMALL = f"""
SELECT chat_id FROM (
    SELECT chat_id, sum(member_count) OVER (ORDER BY member_count, active_at DESC, chat_id) AS members
    FROM (
        SELECT a.chat_id, c.member_count, c.active_at
        FROM account_chat a
        CROSS JOIN LATERAL {one_row("chat", id="a.chat_id")} c
        WHERE a.account_id = $1 AND c.deleted_at IS NULL AND c.member_count BETWEEN 2 AND $2
        ORDER BY c.active_at DESC, a.chat_id LIMIT $3
    ) AS newest
) AS small WHERE members <= $4
"""  # noqa: S608 - constants only


async def list_readable(connection: DatabaseConnection, account_id: UUID) -> Sequence[Any]:
    """Returns the streams of the account's chats, with the sequence numbers of the two events by which it joined."""
    rows: Sequence[Any] = await connection.fetch(
        _READABLE_WITH_CITUS if has_citus(connection) else _READABLE, account_id
    )
    return rows


async def list_small(
    connection: DatabaseConnection, account_id: UUID, most_members: int, most_chats: int, in_all: int
) -> list[UUID]:
    """Returns chats of 2 to `most_members` members, the smallest first, up to `in_all` members in total.

    They are among the account's `most_chats` such chats with the newest activity.
    """
    return [row["chat_id"] for row in await connection.fetch(_SMALL, account_id, most_members, most_chats, in_all)]
