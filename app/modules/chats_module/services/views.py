"""Chats as JSON, ready to be sent."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.modules.base_module.schemas import Moment
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.chats_module.db.cruds import views as crud
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.services.contents import ChatContents
from app.modules.streams_module.services.log import Executor


async def view_chat(connection: Executor, contents: ChatContents, viewer: UUID, chat_id: UUID) -> bytes:
    row = await crud.find_chat(connection, viewer, chat_id)
    if row is None:
        raise ChatNotFound
    (chat,) = await _describe(connection, contents, viewer, [row])
    return _dump(chat)


async def view_chats(
    connection: Executor, contents: ChatContents, viewer: UUID, cursor: str | None, limit: int
) -> bytes:
    before = decode_cursor(cursor, tuple[Moment, UUID]) if cursor else None
    rows = await crud.list_chats(connection, viewer, before, limit + 1)
    shown = rows[:limit]
    next_cursor = encode_cursor(shown[-1]["active_at"], str(shown[-1]["id"])) if len(rows) > limit else None
    return _dump({"items": await _describe(connection, contents, viewer, shown), "next_cursor": next_cursor})


async def _describe(
    connection: Executor, contents: ChatContents, viewer: UUID, rows: Sequence[Any]
) -> list[dict[str, Any]]:
    last_seqs = {row["id"]: row["last_seq"] for row in rows if row["last_seq"]}
    last_messages = await contents.find_last(connection, viewer, last_seqs) if last_seqs else {}
    return [_chat(row, last_messages.get(row["id"])) for row in rows]


def _chat(row: Any, last_message: bytes | None) -> dict[str, Any]:
    chat = dict(row)
    del chat["active_at"]
    chat["last_message"] = orjson.Fragment(last_message) if last_message is not None else None
    return chat


def _dump(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
