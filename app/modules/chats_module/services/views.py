"""Chats as their members see them: JSON bytes for responses, or dictionaries."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.modules.base_module.schemas import Moment
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.services.parts import ChatParts


async def view_chat(connection: Connection, parts: ChatParts, viewer: UUID, chat_id: UUID) -> bytes:
    row = await parts.queries.find_chat(connection, viewer, chat_id)
    if row is None:
        raise ChatNotFound
    (chat,) = await _describe(connection, parts, viewer, [row])
    return _dump(chat)


async def view_chats(connection: Connection, parts: ChatParts, viewer: UUID, cursor: str | None, limit: int) -> bytes:
    before = decode_cursor(cursor, tuple[Moment, UUID], of="chats") if cursor else None
    rows = await parts.queries.list_chats(connection, viewer, before, limit + 1)
    shown = rows[:limit]
    next_cursor = encode_cursor(shown[-1]["active_at"], str(shown[-1]["id"]), of="chats") if len(rows) > limit else None
    return _dump({"items": await _describe(connection, parts, viewer, shown), "next_cursor": next_cursor})


async def view_chosen(
    connection: Connection, parts: ChatParts, viewer: UUID, chat_ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    """Returns those of the chats that the viewer is in, in the given order."""
    rows = await parts.queries.list_chosen(connection, viewer, chat_ids)
    return await _describe(connection, parts, viewer, rows)


async def _describe(
    connection: Connection, parts: ChatParts, viewer: UUID, rows: Sequence[Any]
) -> list[dict[str, Any]]:
    described = await parts.describe(connection, viewer, [row["id"] for row in rows])
    visible = await parts.read_visible_positions(
        connection, viewer, [row["id"] for row in rows if row["others_read_seq"]]
    )
    return [
        _chat(row) | ({"others_read_seq": visible[row["id"]]} if row["id"] in visible else {}) | more
        for row, more in zip(rows, described, strict=True)
    ]


def _chat(row: Any) -> dict[str, Any]:
    chat = dict(row)
    del chat["active_at"]
    return chat


def _dump(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
