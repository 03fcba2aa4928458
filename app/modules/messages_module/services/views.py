"""Messages as JSON."""

from typing import Any
from uuid import UUID

import orjson

from app.modules.chats_module.errors import ChatNotFound
from app.modules.messages_module.db.cruds import history as crud
from app.modules.messages_module.db.cruds.history import Side
from app.modules.messages_module.errors import MessageNotFound
from app.modules.streams_module.services.log import Executor

_BEYOND = 2**62
"""Behind every message, with room to add a limit to."""


async def view_message(connection: Executor, viewer: UUID | None, chat_id: UUID, seq: int) -> bytes:
    """A message as the viewer sees it; for nobody in particular (an event) without `mine`."""
    message = await crud.find_message(connection, viewer, chat_id, seq)
    if message is None:
        raise MessageNotFound
    return message


async def view_history(
    connection: Executor,
    viewer: UUID,
    chat_id: UUID,
    *,
    before_seq: int | None = None,
    after_seq: int | None = None,
    around_seq: int | None = None,
    limit: int,
) -> bytes:
    """A page of a chat; with no position given, the newest one. Raises ChatNotFound for whoever is not in it."""
    if after_seq is not None:
        side, position = Side.AFTER, min(after_seq, _BEYOND)
    elif around_seq is not None:
        side, position = Side.AROUND, around_seq
    else:
        side, position = Side.BEFORE, _BEYOND if before_seq is None else before_seq
    page = await crud.find_page(connection, chat_id, viewer, side, position, limit)
    if page is None:
        raise ChatNotFound
    if page.first_seq is None or page.last_seq is None:
        # Nothing stands there: everything lies on the other side of the position.
        has_before, has_after = side is Side.AFTER and page.head > 0, side is Side.BEFORE and page.head > 0
    else:
        has_before, has_after = page.first_seq > 1, page.last_seq < page.head
    return b'{"items":%b,"has_before":%b,"has_after":%b}' % (page.items, dump(has_before), dump(has_after))


def dump(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
