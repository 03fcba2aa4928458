"""Chats as their members see them, in hand-written SQL: each client reads the list when it starts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row
from app.modules.chats_module.db.cruds.reading import UNREAD

_COLUMNS = f"""
SELECT c.id, c.type, c.title, c.description, c.owner_id, m.role, c.member_count, c.last_seq, m.read_seq,
       CASE WHEN c.furthest_reader_id = $1 THEN c.runner_up_read_seq ELSE c.furthest_read_seq END AS others_read_seq,
       {UNREAD} AS unread_count, s.last_seq AS event_seq, c.created_at, c.updated_at, c.active_at
"""
_ONE = """
FROM chat c
JOIN chat_member m ON m.chat_id = c.id AND m.account_id = $1
JOIN stream s ON s.id = c.id
WHERE c.id = $2 AND c.deleted_at IS NULL
"""
# The chats are looked up together, by one array: a lookup of each reads four times as many pages. Only the columns that
# order them are sorted: copying whole rows into the sort takes longer than reading those of the page again.
_PAGE = """
FROM (
    SELECT c.id, c.active_at FROM chat c
    WHERE c.id = ANY(ARRAY(SELECT chat_id FROM account_chat WHERE account_id = $1)) AND c.deleted_at IS NULL
      AND ($2::timestamptz IS NULL OR (c.active_at, c.id) < ($2, $3::uuid))
    ORDER BY c.active_at DESC, c.id DESC LIMIT $4
) newest
JOIN chat c ON c.id = newest.id
JOIN chat_member m ON m.chat_id = c.id AND m.account_id = $1
JOIN stream s ON s.id = c.id
ORDER BY newest.active_at DESC, newest.id DESC
"""
_CHOSEN = f"""
FROM unnest($2::uuid[]) WITH ORDINALITY AS chosen(id, place)
JOIN chat c ON c.id = chosen.id AND c.deleted_at IS NULL
CROSS JOIN LATERAL {one_row("chat_member", chat_id="c.id", account_id="$1")} m
JOIN stream s ON s.id = c.id
ORDER BY chosen.place
"""
_VISIBLE_POSITIONS = """
SELECT m.chat_id, coalesce(max(m.read_seq) FILTER (WHERE m.account_id <> ALL($3)), 0) AS read_seq
FROM chat_member m
WHERE m.chat_id IN (SELECT h.chat_id FROM chat_member h WHERE h.chat_id = ANY($1) AND h.account_id = ANY($3))
  AND m.account_id <> $2
GROUP BY m.chat_id
"""


class ChatQueries:
    """SQL statements of one application. Its modules contribute columns."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        """`columns`: expressions over the chat `c` and the viewer's membership `m`, by name."""
        selected = _COLUMNS + "".join(f", ({expression}) AS {name}" for name, expression in columns.items())
        self._one = selected + _ONE
        self._page = selected + _PAGE
        self._chosen = selected + _CHOSEN

    async def find_chat(self, connection: DatabaseConnection, viewer: UUID, chat_id: UUID) -> Any | None:
        rows = await connection.fetch(self._one, viewer, chat_id)
        return rows[0] if rows else None

    async def list_chats(
        self, connection: DatabaseConnection, viewer: UUID, before: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Any]:
        """Returns the viewer's chats, the one with the newest message first.

        `before` are the `active_at` and the id of the last chat of the previous page.
        """
        active_at, chat_id = before or (None, None)
        rows: Sequence[Any] = await connection.fetch(self._page, viewer, active_at, chat_id, limit)
        return rows

    async def list_chosen(
        self, connection: DatabaseConnection, viewer: UUID, chat_ids: Sequence[UUID]
    ) -> Sequence[Any]:
        """Returns those of the chats that the viewer is in, in the given order."""
        rows: Sequence[Any] = await connection.fetch(self._chosen, viewer, chat_ids)
        return rows


async def read_visible_positions(
    connection: DatabaseConnection, viewer: UUID, chat_ids: Sequence[UUID], hidden: Collection[UUID]
) -> dict[UUID, int]:
    """Returns the highest read position of the others who are not hidden, for the chats with a hidden member."""
    return dict(await connection.fetch(_VISIBLE_POSITIONS, chat_ids, viewer, list(hidden)))
