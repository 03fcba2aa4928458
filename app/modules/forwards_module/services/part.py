"""The field `forwarded_from` of messages."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from app.modules.accounts_module.services.accounts import list_existing_accounts
from app.modules.chats_module.extension import ChatPurge
from app.modules.forwards_module import db
from app.modules.forwards_module.schemas import ForwardedFrom
from app.modules.messages_module.extension import MessagePart, PartRequest, StoredPart, removing_rows
from app.services.context import Context
from app.services.errors import ServiceError


class Forwarded(NamedTuple):
    """What the server gives with a forward: the value of the field, and the origin, which is not in the message."""

    value: Mapping[str, Any]
    origin: db.Origin


async def _prepare(context: Context, requests: Sequence[PartRequest]) -> list[Any | ServiceError]:
    """Returns the values. What kept the source from being read refuses the forward here, after repeated sends.

    The author may have been erased since the source was read. Then the forward shows no name.
    """
    given = [request.server_value for request in requests]
    authors = {one.origin.author_id for one in given if isinstance(one, Forwarded) and one.origin.author_id}
    existing = await list_existing_accounts(context.connection, authors) if authors else set()
    return [_show(one, existing) if isinstance(one, Forwarded) else one for one in given]


def _show(forwarded: Forwarded, existing: Collection[UUID]) -> Mapping[str, Any]:
    return forwarded.value if forwarded.origin.author_id in existing else {**forwarded.value, "sender_name": ""}


async def _store(context: Context, stored: Sequence[StoredPart]) -> None:
    """Stores the origins. A forward without a name has no author."""
    forwards = []
    for one in stored:
        origin = one.server_value.origin
        named = origin if one.value["sender_name"] else origin._replace(author_id=None)
        forwards.append((one.chat_id, one.seq, named))
    await db.insert_forwards(context.connection, forwards)


FORWARDED_FROM = MessagePart(
    "forwarded_from",
    read=ForwardedFrom | None,
    forbids_edits=True,
    prepare=_prepare,
    store=_store,
    remove=removing_rows("message_forward"),
)
PURGE = ChatPurge.of_rows("forwards", db.PURGE)
