"""The WebSocket extensions of chats: their streams, the action `read`, and the signal `receipt`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.modules.chats_module.db.cruds import streams as crud
from app.modules.chats_module.db.cruds.access import list_departures
from app.modules.chats_module.schemas import ReadPosition
from app.modules.chats_module.schemas.socket import ReadAnswer, ReadData, ReceiptSignal
from app.modules.chats_module.services.reading import mark_read
from app.modules.sockets_module.extension import (
    Joined,
    LeftStream,
    ReadableStream,
    Signal,
    SocketAction,
    SocketContext,
    StreamSource,
)
from app.modules.streams_module.services.log import Log
from app.resources.constants import SIGNALLED_MEMBERS
from app.services.context import Context

PRESENCE_CHATS = 300
"""Maximum of chats in which one account's presence is announced. Those with the newest activity are chosen."""


async def _list_streams(context: Context, account_id: UUID) -> Sequence[ReadableStream]:
    return [ReadableStream._make(row) for row in await crud.list_readable(context.connection, account_id)]


async def _list_left(context: Context, account_id: UUID, chat_ids: Sequence[UUID]) -> Sequence[LeftStream]:
    return [LeftStream._make(row) for row in await list_departures(context.connection, account_id, chat_ids)]


async def _list_audience(context: Context, account_id: UUID, limit: int) -> Sequence[UUID]:
    return await crud.list_small(context.connection, account_id, SIGNALLED_MEMBERS, PRESENCE_CHATS, limit)


def _find_joined(data: Mapping[str, Any]) -> Joined:
    return Joined(UUID(data["chat_id"]), data["event_seq"])


async def _read(context: SocketContext, data: ReadData) -> ReadPosition:
    """Moves the caller's read position. The reply contains the current position."""
    async with context.unit_of_work() as work:
        return await mark_read(work, context.container.get(Log), data.chat_id, context.account_id, data.seq)


SOCKET = (
    StreamSource("chats", _list_streams, _list_left, {"chat.joined": _find_joined}, _list_audience),
    SocketAction("read", ReadData, ReadAnswer, handle=_read, ordered_by="chat_id", scope="chats:write"),
    Signal("receipt", ReceiptSignal),
)
