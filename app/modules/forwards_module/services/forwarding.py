"""Forwards messages, and finds where forwards come from."""

from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.services.access import get_membership
from app.modules.forwards_module import db
from app.modules.forwards_module.db import Origin
from app.modules.forwards_module.errors import NothingToForward, OriginNotFound
from app.modules.forwards_module.schemas import ForwardCreate
from app.modules.forwards_module.services.part import FORWARDED_FROM, Forwarded
from app.modules.messages_module.errors import MessageIsDeleted, MessageNotFound
from app.modules.messages_module.extension import Messages
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.sends import Sent

_UNREADABLE = "\u2026"
"""Replaces the text of a source that cannot be read. It is never stored."""


class _Source(NamedTuple):
    """What is posted: the text, and the values of parts."""

    text: str
    parts: dict[str, Any]


async def forward(
    database: Database,
    parts: MessageParts,
    messages: Messages,
    create: type[MessageCreate],
    account_id: UUID,
    chat_id: UUID,
    seq: int,
    request: ForwardCreate,
) -> Sent:
    """Posts a message of one chat in another one. `create` is the application's model of sends.

    Raises ChatNotFound, MessageNotFound, MessageIsDeleted or NothingToForward for the source, and what a send raises.
    """
    async with database.connection() as connection:
        try:
            source = await _read(connection, parts, account_id, chat_id, seq)
        except (ChatNotFound, MessageNotFound, MessageIsDeleted, NothingToForward) as refusal:
            if request.client_msg_id is None:
                raise
            # A repeated forward is answered as before: the refusal only counts if no message is stored.
            source = _Source(_UNREADABLE, {FORWARDED_FROM.name: refusal})
    # Not validated: a message that is stored may be forwarded, whatever rules have come since. Parts that are derived
    # from other parts find those in the request; which ones the caller sent is in the set of names.
    fields = {name: value for name, value in source.parts.items() if name in create.model_fields}
    message = create.model_construct({"text"}, client_msg_id=request.client_msg_id, text=source.text, **fields)
    digest_source = b"forward\0%b\0%d" % (chat_id.bytes, seq)
    sent: Sent = await messages.post(
        request.to_chat_id, account_id, message, server_parts=source.parts, digest_source=digest_source
    )
    return sent


async def _read(connection: Connection, parts: MessageParts, account_id: UUID, chat_id: UUID, seq: int) -> _Source:
    await get_membership(connection, chat_id, account_id)
    message = await parts.views.for_event(connection, chat_id, seq)
    if message["deleted_at"] is not None:
        raise MessageIsDeleted
    taken = parts.of_forward(message)
    if not parts.has_content(message["text"], taken):
        raise NothingToForward
    sender_id = UUID(message["sender_id"])
    origin = await db.find_origin(connection, chat_id, seq) or Origin(chat_id, seq, sender_id)
    value = message[FORWARDED_FROM.name] or {
        "sender_name": await db.find_name(connection, sender_id),
        "sent_at": message["created_at"],
    }
    return _Source(message["text"], taken | {FORWARDED_FROM.name: Forwarded(value, origin)})


async def find_origin(connection: Connection, account_id: UUID, chat_id: UUID, seq: int) -> Origin:
    """Returns the message that was forwarded first. Raises OriginNotFound unless the account is a member there."""
    origin = await db.find_origin(connection, chat_id, seq)
    if origin is None:
        raise OriginNotFound
    try:
        await get_membership(connection, origin.chat_id, account_id)
    except ChatNotFound:
        raise OriginNotFound from None
    return origin
