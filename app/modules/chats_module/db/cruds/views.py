"""Chats as their members see them, in hand-written SQL: each client reads the list when it starts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import Field, Quoted, json_constant, json_object, one_row, time_as_json
from app.modules.chats_module.db.cruds.reading import UNREAD

MOST_READ = 500
"""Members of a chat that are looked at, and accounts that are looked up in it, for one read position."""
MAX_HIDDEN = 5_000
"""Hidden accounts with which positions are compared. Any number may have blocked a viewer: beyond, it sees none."""

# $1 viewer, $2 accounts that are hidden from the viewer. A chat knows its two furthest positions, and whose the first
# one is; both may be those of members who have left. Where the first one is the viewer's, the second one is right
# unless a hidden member is as far, or has left. Otherwise members are read, in any order: sorting would read all.
# Counted, because for EXISTS a plan from when the table was empty may read all members of all chats. A subquery for
# `$2` is hashed once, ALL compares each. A position that a member got by joining is none of reading.
_OTHERS_READ_SEQ = f"""
CASE WHEN cardinality($2::uuid[]) > {MAX_HIDDEN} THEN 0
WHEN c.furthest_reader_id IS DISTINCT FROM $1 AND (
    c.furthest_reader_id NOT IN (SELECT unnest($2::uuid[]))
) IS NOT FALSE THEN c.furthest_read_seq
WHEN c.furthest_reader_id = $1 AND (cardinality($2::uuid[]) = 0 OR (
    cardinality($2::uuid[]) <= least(c.member_count, {MOST_READ}) AND (
        SELECT count(*) FROM chat_member h
        WHERE h.chat_id = c.id AND h.account_id = ANY($2::uuid[]) AND h.read_seq >= c.runner_up_read_seq
    ) + (SELECT count(*) FROM former_member h WHERE h.chat_id = c.id AND h.account_id = ANY($2::uuid[])) = 0
)) THEN c.runner_up_read_seq
ELSE (
    SELECT coalesce(max(o.read_seq), 0) FROM (
        SELECT account_id, read_seq, joined_read_seq FROM chat_member WHERE chat_id = c.id LIMIT {MOST_READ}
    ) o
    WHERE o.account_id <> $1 AND o.account_id NOT IN (SELECT unnest($2::uuid[])) AND o.read_seq > o.joined_read_seq
) END
"""  # noqa: S608 - constants only
_FIELDS: tuple[Field, ...] = (
    ("id", Quoted("c.id")),
    ("type", Quoted("c.type")),
    ("title", "coalesce(to_json(c.title)::text, 'null')"),
    ("description", "coalesce(to_json(c.description)::text, 'null')"),
    ("owner_id", """coalesce('"' || c.owner_id || '"', 'null')"""),
    ("role", Quoted("m.role")),
    ("member_count", "c.member_count"),
    ("last_seq", "c.last_seq"),
    ("read_seq", "m.read_seq"),
    ("others_read_seq", _OTHERS_READ_SEQ),
    ("unread_count", UNREAD),
    ("event_seq", "s.last_seq"),
    ("created_at", time_as_json("c.created_at")),
    ("updated_at", time_as_json("c.updated_at")),
)
_SELECT = "SELECT c.id, c.active_at, convert_to({json}, 'UTF8')"
# The chats are looked up together, by one array: a lookup of each reads four times as many pages. Only the columns that
# order them are sorted: copying whole rows into the sort takes longer than reading those of the page again.
_PAGE = """
FROM (
    SELECT c.id, c.active_at FROM chat c
    WHERE c.id = ANY(ARRAY(SELECT chat_id FROM account_chat WHERE account_id = $1)) AND c.deleted_at IS NULL
      AND ($3::timestamptz IS NULL OR (c.active_at, c.id) < ($3, $4::uuid))
    ORDER BY c.active_at DESC, c.id DESC LIMIT $5
) newest
JOIN chat c ON c.id = newest.id
JOIN chat_member m ON m.chat_id = c.id AND m.account_id = $1
JOIN stream s ON s.id = c.id
ORDER BY newest.active_at DESC, newest.id DESC
"""
_CHOSEN = f"""
FROM unnest($3::uuid[]) WITH ORDINALITY AS chosen(id, place)
JOIN chat c ON c.id = chosen.id AND c.deleted_at IS NULL
CROSS JOIN LATERAL {one_row("chat_member", chat_id="c.id", account_id="$1")} m
JOIN stream s ON s.id = c.id
ORDER BY chosen.place
"""


class ChatRow(NamedTuple):
    """A chat as JSON, with the key that orders it."""

    id: UUID
    active_at: datetime
    json: bytes


class ChatQueries:
    """SQL statements of one application. Its modules contribute fields. The database writes the JSON.

    In each, `hidden` are the accounts whose read positions the viewer must not see. If there are more than MAX_HIDDEN,
    the viewer sees none.
    """

    def __init__(self, columns: Mapping[str, tuple[str, Any]]) -> None:
        """`columns`: by name an expression over the chat `c` and the viewer's membership `m`, and what NULL is."""
        contributed = (
            (name, f"coalesce(to_json({expression})::text, {json_constant(empty)})")
            for name, (expression, empty) in columns.items()
        )
        selected = _SELECT.format(json=json_object([*_FIELDS, *contributed]))
        self._page = selected + _PAGE
        self._chosen = selected + _CHOSEN

    async def find_chat(
        self, connection: DatabaseConnection, viewer: UUID, hidden: Collection[UUID], chat_id: UUID
    ) -> ChatRow | None:
        rows = await self.list_chosen(connection, viewer, hidden, [chat_id])
        return rows[0] if rows else None

    async def list_chats(
        self,
        connection: DatabaseConnection,
        viewer: UUID,
        hidden: Collection[UUID],
        before: tuple[datetime, UUID] | None,
        limit: int,
    ) -> list[ChatRow]:
        """Returns the viewer's chats, the one with the newest message first.

        `before` are the `active_at` and the id of the last chat of the previous page.
        """
        active_at, chat_id = before or (None, None)
        return [ChatRow(*row) for row in await connection.fetch(self._page, viewer, hidden, active_at, chat_id, limit)]

    async def list_chosen(
        self, connection: DatabaseConnection, viewer: UUID, hidden: Collection[UUID], chat_ids: Sequence[UUID]
    ) -> list[ChatRow]:
        """Returns those of the chats that the viewer is in, in the given order."""
        return [ChatRow(*row) for row in await connection.fetch(self._chosen, viewer, hidden, chat_ids)]
