"""Chats as their members see them, as JSON."""

from collections.abc import Sequence
from itertools import accumulate
from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.modules.base_module.schemas import Moment
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.chats_module.db.cruds.views import ChatRow
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.services.parts import ChatParts
from app.utils.json_form import to_json

_PAGE_BYTES = 1_000_000


async def view_chat(connection: Connection, parts: ChatParts, viewer: UUID, chat_id: UUID) -> bytes:
    hidden = await parts.list_hidden(connection, viewer)
    row = await parts.queries.find_chat(connection, viewer, hidden, chat_id)
    if row is None:
        raise ChatNotFound
    (chat,) = await _describe(connection, parts, viewer, [row])
    return chat


async def view_chats(connection: Connection, parts: ChatParts, viewer: UUID, cursor: str | None, limit: int) -> bytes:
    """Returns a page of chats. With large last messages it has fewer than `limit`."""
    before = decode_cursor(cursor, tuple[Moment, UUID], of="chats") if cursor else None
    hidden = await parts.list_hidden(connection, viewer)
    rows = await parts.queries.list_chats(connection, viewer, hidden, before, limit + 1)
    chats = await _describe(connection, parts, viewer, rows[:limit])
    sizes = accumulate(map(len, chats))
    count = max(sum(size <= _PAGE_BYTES for size in sizes), min(len(chats), 1))
    last = rows[count - 1] if count < len(rows) else None
    next_cursor = encode_cursor(last.active_at, last.id, of="chats") if last else None
    return b'{"items":[%b],"next_cursor":%b}' % (b",".join(chats[:count]), to_json(next_cursor))


async def view_chosen(
    connection: Connection, parts: ChatParts, viewer: UUID, chat_ids: Sequence[UUID]
) -> list[orjson.Fragment]:
    """Returns those of the chats that the viewer is in, in the given order."""
    hidden = await parts.list_hidden(connection, viewer)
    rows = await parts.queries.list_chosen(connection, viewer, hidden, chat_ids)
    return [orjson.Fragment(chat) for chat in await _describe(connection, parts, viewer, rows)]


async def _describe(connection: Connection, parts: ChatParts, viewer: UUID, rows: Sequence[ChatRow]) -> list[bytes]:
    """Adds the fields that Python computes."""
    described = await parts.describe(connection, viewer, [row.id for row in rows])
    return [
        row.json[:-1] + b"," + to_json(more)[1:] if more else row.json
        for row, more in zip(rows, described, strict=True)
    ]
