"""Pins and unpins messages, and lists the pinned ones."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.base_module.schemas import Moment, Position
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.chats_module.extension import ChatPurge, Permission
from app.modules.chats_module.services.access import lock_chat
from app.modules.messages_module.errors import MessageIsDeleted
from app.modules.messages_module.extension import MessageRemoval, Messages
from app.modules.messages_module.services.views import MessageViews
from app.modules.pins_module import db
from app.modules.pins_module.errors import TooManyPins
from app.modules.streams_module.services.log import Log, event, now
from app.services.context import WorkContext
from app.utils.json_form import to_json

MAX_PINS = 100
"""Maximum number of pinned messages of a chat."""

PIN = Permission("messages.pin", {"direct": "member", "group": "admin", "channel": "admin"}, "messages:write")


async def list_pins(
    connection: Connection, views: MessageViews, viewer: UUID, chat_id: UUID, cursor: str | None
) -> bytes:
    """Returns a page of the pinned messages of a chat as JSON, the one pinned last first."""
    pins = await db.list_pins(connection, chat_id)
    if cursor:
        before = decode_cursor(cursor, tuple[Moment, Position], of="pins")
        pins = [pin for pin in pins if (pin["pinned_at"], pin["seq"]) < before]
    messages, count = await views.list_found(connection, viewer, [(chat_id, pin["seq"], None) for pin in pins])
    items = [
        {
            "message": orjson.Fragment(messages[chat_id, pin["seq"]]),
            "pinned_by": pin["account_id"],
            "pinned_at": pin["pinned_at"],
        }
        for pin in pins[:count]
        # A message may have been deleted since the first query.
        if (chat_id, pin["seq"]) in messages
    ]
    last = pins[count - 1] if len(pins) > count else None
    next_cursor = encode_cursor(last["pinned_at"], last["seq"], of="pins") if last else None
    return to_json({"items": items, "next_cursor": next_cursor})


async def pin(
    work: UnitOfWork, log: Log, views: MessageViews, messages: Messages, chat_id: UUID, account_id: UUID, seq: int
) -> None:
    """Pins a message. Repeating it changes nothing. Raises MessageNotFound, MessageIsDeleted or TooManyPins."""
    raw = await lock_chat(work, log, PIN, chat_id, account_id)
    await messages.check_mark(work, chat_id, account_id)
    message = await views.for_event(raw, chat_id, seq)
    if message["deleted_at"] is not None:
        raise MessageIsDeleted
    pinned = {pin["seq"] for pin in await db.list_pins(raw, chat_id)}
    if seq in pinned:
        return
    if len(pinned) >= MAX_PINS:
        raise TooManyPins
    await db.insert_pin(raw, chat_id, seq, account_id, at := now())
    await log.append(work, chat_id, _event("message.pinned", chat_id, seq, account_id), at=at)


async def unpin(
    work: UnitOfWork, log: Log, views: MessageViews, messages: Messages, chat_id: UUID, account_id: UUID, seq: int
) -> None:
    """Unpins a message. It changes nothing if the message is not pinned.

    Raises MessageNotFound, or the refusal of a check.
    """
    raw = await lock_chat(work, log, PIN, chat_id, account_id)
    await views.for_event(raw, chat_id, seq)
    pinned_by = {pin["seq"]: pin["account_id"] for pin in await db.list_pins(raw, chat_id)}
    if pinned_by.get(seq, account_id) != account_id:
        await messages.check_mark(work, chat_id, account_id)
    if await db.delete_pins(raw, chat_id, [seq]):
        await log.append(work, chat_id, _event("message.unpinned", chat_id, seq, account_id))


def _event(kind: str, chat_id: UUID, seq: int, actor_id: UUID | None) -> Any:
    return event(kind, {"chat_id": chat_id, "seq": seq, "actor_id": actor_id})


async def _unpin_deleted(context: WorkContext, chat_id: UUID, seqs: Sequence[int]) -> None:
    unpinned = await db.delete_pins(context.connection, chat_id, seqs)
    if unpinned:
        events = [_event("message.unpinned", chat_id, seq, None) for seq in unpinned]
        await context.container.get(Log).append(context.work, chat_id, *events)


UNPIN_DELETED = MessageRemoval("pins", _unpin_deleted)
PURGE = ChatPurge.of_rows("pins", db.PURGE)
