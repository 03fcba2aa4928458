"""The streams of chats, as a socket follows them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.modules.chats_module.db.cruds import streams as crud
from app.modules.sockets_module.extension import Joined, LeftStream, ReadableStream, StreamSource
from app.resources.constants import SIGNALLED_MEMBERS
from app.services.context import Context


async def _list_streams(context: Context, account_id: UUID) -> Sequence[ReadableStream]:
    return [ReadableStream._make(row) for row in await crud.list_readable(context.connection, account_id)]


async def _list_left(context: Context, account_id: UUID, chat_ids: Sequence[UUID]) -> Sequence[LeftStream]:
    return [LeftStream._make(row) for row in await crud.list_left(context.connection, account_id, chat_ids)]


async def _list_audience(context: Context, account_id: UUID, most: int) -> Sequence[UUID]:
    return await crud.list_small(context.connection, account_id, SIGNALLED_MEMBERS, most)


def _find_joined(data: Mapping[str, Any]) -> Joined:
    return Joined(UUID(data["chat_id"]), data["event_seq"])


STREAMS = StreamSource("chats", _list_streams, _list_left, {"chat.joined": _find_joined}, _list_audience)
