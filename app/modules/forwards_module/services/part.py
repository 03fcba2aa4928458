"""The field `forwarded_from` of messages."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from app.modules.chats_module.extension import ChatPurge
from app.modules.forwards_module import db
from app.modules.forwards_module.schemas import ForwardedFrom
from app.modules.messages_module.extension import MessagePart, PartRequest, StoredPart
from app.services.context import Context, WorkContext
from app.services.errors import ServiceError


class Forwarded(NamedTuple):
    """What the server gives with a forward: the value of the field, and the origin, which is not in the message."""

    value: Mapping[str, Any]
    origin: db.Origin


async def _prepare(_: Context, requests: Sequence[PartRequest]) -> list[Any | ServiceError]:
    """Returns the values. What kept the source from being read refuses the forward here, after repeated sends."""
    return [
        request.server_value.value if isinstance(request.server_value, Forwarded) else request.server_value
        for request in requests
    ]


async def _store(context: Context, stored: Sequence[StoredPart]) -> None:
    await db.insert_forwards(context.connection, [(one.chat_id, one.seq, one.server_value.origin) for one in stored])


async def _remove(context: Context, chat_id: UUID, seqs: Sequence[int]) -> None:
    await db.delete_forwards(context.connection, chat_id, seqs)


async def _purge(context: WorkContext, chat_id: UUID, limit: int) -> bool:
    return await db.purge_forwards(context.connection, chat_id, limit)


FORWARDED_FROM = MessagePart(
    "forwarded_from", read=ForwardedFrom | None, forbids_edits=True, prepare=_prepare, store=_store, remove=_remove
)
PURGE = ChatPurge("forwards", _purge)
