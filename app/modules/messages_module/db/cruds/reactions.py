"""Reactions, in hand-written SQL: read with each message, and changed under the lock of the chat's stream.

A message holds the totals of its reactions, the oldest emoji first, so that no read and no change counts them. They are
used if their sum is `reaction_count`: processes of older versions change only that. An emoji that such a process
replaces by another one is counted when that is changed again, or by `doctor --fix`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.adapters.db.citus import of_chat
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row

_COUNTED = """
SELECT json_agg(json_build_object('emoji', emoji, 'count', people) ORDER BY first_at, emoji) FROM (
    SELECT emoji, count(*) AS people, min(created_at) AS first_at FROM reaction
    WHERE chat_id = m.chat_id AND seq = m.seq GROUP BY emoji
) AS given
"""
TOTALS = f"""
CASE WHEN m.reaction_count = (
    SELECT sum((total ->> 'count')::int) FROM json_array_elements(m.reaction_totals) AS total
) THEN m.reaction_totals ELSE ({_COUNTED}) END
"""  # noqa: S608 - constants only
# $2 viewer.
REACTIONS_OF_VIEWER = f"""
(
    SELECT json_agg(json_build_object('emoji', total ->> 'emoji', 'count', total -> 'count', 'mine', EXISTS (
        SELECT FROM reaction
        WHERE chat_id = m.chat_id AND seq = m.seq AND emoji = total ->> 'emoji' AND account_id = $2
    )) ORDER BY place)::text
    FROM json_array_elements({TOTALS}) WITH ORDINALITY AS given (total, place)
)
"""  # noqa: S608 - constants only
# If the viewer is NULL, the JSON is for all viewers and has no `mine`. PostgreSQL prepares both for each statement.
REACTIONS = f"CASE WHEN $2::uuid IS NULL THEN ({TOTALS})::text ELSE {REACTIONS_OF_VIEWER} END"
_OF_VIEWER_IN_CHAT, _COUNTED_IN_CHAT = of_chat(REACTIONS_OF_VIEWER), of_chat(_COUNTED)
_LIST = f"""
SELECT {_OF_VIEWER_IN_CHAT} AS reactions FROM {one_row("message", chat_id="$1", seq="$3")} m
"""  # noqa: S608 - constants only
_COUNT = f"""
SELECT ({_COUNTED_IN_CHAT})::text AS totals FROM {one_row("message", chat_id="$1", seq="$2")} m
"""  # noqa: S608 - constants only
_ADD = """
INSERT INTO reaction (chat_id, seq, emoji, account_id, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING seq
"""
_REMOVE = """
DELETE FROM reaction WHERE chat_id = $1 AND seq = $2 AND emoji = $3 AND account_id = $4 RETURNING seq
"""
_WRITE_TOTALS = """
UPDATE message SET reaction_count = $3, reaction_totals = convert_from($4::bytea, 'UTF8')::json
WHERE chat_id = $1 AND seq = $2
"""


async def list_reactions(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, seq: int
) -> list[dict[str, Any]]:
    """Returns the reactions of a message as the account reads them: `emoji`, `count` and `mine`."""
    rows = await connection.fetch(_LIST, chat_id, account_id, seq)
    reactions: list[dict[str, Any]] = [reaction for row in rows for reaction in orjson.loads(row["reactions"] or "[]")]
    return reactions


async def count(connection: DatabaseConnection, chat_id: UUID, seq: int) -> dict[str, int]:
    """Counts the accounts of each emoji in the reactions themselves."""
    (row,) = await connection.fetch(_COUNT, chat_id, seq)
    return {total["emoji"]: total["count"] for total in orjson.loads(row["totals"] or "[]")}


async def add(
    connection: DatabaseConnection, chat_id: UUID, seq: int, emoji: str, account_id: UUID, at: datetime
) -> bool:
    """Adds a reaction. Returns True if it is new."""
    return await connection.fetchval(_ADD, chat_id, seq, emoji, account_id, at) is not None


async def remove(connection: DatabaseConnection, chat_id: UUID, seq: int, emoji: str, account_id: UUID) -> bool:
    """Removes a reaction. Returns True if it existed."""
    return await connection.fetchval(_REMOVE, chat_id, seq, emoji, account_id) is not None


async def write_totals(connection: DatabaseConnection, chat_id: UUID, seq: int, counts: Mapping[str, int]) -> None:
    """Writes the number of accounts of each emoji."""
    totals = [{"emoji": emoji, "count": count} for emoji, count in counts.items() if count]
    await connection.execute(_WRITE_TOTALS, chat_id, seq, sum(counts.values()), orjson.dumps(totals))
