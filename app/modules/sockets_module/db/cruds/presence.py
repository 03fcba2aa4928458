"""Who is here, in hand-written SQL: written every half minute for all sockets of a process at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.modules.streams_module.services.log import Executor

_ARRIVE = """
INSERT INTO account_presence (account_id, last_seen_at, online_until)
SELECT account_id, $2, $3 FROM unnest($1::uuid[]) AS account_id ORDER BY account_id
ON CONFLICT (account_id) DO UPDATE
    SET last_seen_at = EXCLUDED.last_seen_at,
        online_until = greatest(account_presence.online_until, EXCLUDED.online_until)
"""
_LEAVE = """
UPDATE account_presence SET last_seen_at = $2, online_until = NULL WHERE account_id = $1
"""
_SMALL_CHATS = """
SELECT chat_id FROM (
    SELECT a.chat_id, sum(c.member_count) OVER (ORDER BY c.member_count, c.active_at DESC, a.chat_id) AS members
    FROM account_chat a
    JOIN chat c ON c.id = a.chat_id AND c.deleted_at IS NULL AND c.member_count <= $2
    WHERE a.account_id = $1
) AS small WHERE members <= $3
"""


async def note_present(
    connection: Executor, account_ids: Sequence[UUID], now: datetime, online_until: datetime
) -> None:
    await connection.execute(_ARRIVE, sorted(account_ids), now, online_until)


async def note_gone(connection: Executor, account_id: UUID, now: datetime) -> None:
    await connection.execute(_LEAVE, account_id, now)


async def list_small_chats(connection: Executor, account_id: UUID, most_members: int, in_all: int) -> list[UUID]:
    """Returns the chats of at most so many members, the smallest first, as long as they have `in_all` together."""
    return [row["chat_id"] for row in await connection.fetch(_SMALL_CHATS, account_id, most_members, in_all)]
