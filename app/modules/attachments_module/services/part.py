"""The field `attachments` of messages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.modules.attachments_module.db.cruds import attachments as crud
from app.modules.attachments_module.errors import AttachmentNotFound, AttachmentNotReady, AttachmentTaken, QuotaExceeded
from app.modules.attachments_module.schemas import AttachmentIds, AttachmentInMessage
from app.modules.attachments_module.services.copying import copy
from app.modules.attachments_module.services.kinds import kind_of
from app.modules.attachments_module.services.views import view_in_message
from app.modules.chats_module.extension import ChatPurge
from app.modules.messages_module.errors import MessageIsDeleted
from app.modules.messages_module.extension import MessagePart, PartRequest, StoredPart
from app.services.context import Context
from app.services.errors import ServiceError, ValidationFailed


async def _prepare(context: Context, requests: Sequence[PartRequest]) -> list[Any | ServiceError]:
    """Takes the attachments for their messages: of two that ask for the same one, the first. Forwards get copies."""
    asked = {(one, request.sender_id) for request in requests if request.server_value is None for one in request.value}
    # Before the copies: all transactions lock a file before the used bytes of its owner.
    found = await crud.lock(context.connection, asked) if asked else {}
    copied = await copy(context, [request for request in requests if request.server_value is not None])
    taken: set[UUID] = set()
    values: list[Any | ServiceError] = []
    for request in requests:
        if request.server_value is not None:
            values.append(copied.pop(0))
            continue
        refusals = [
            AttachmentTaken()
            if one in taken
            else refuse(found.get(one), request.sender_id, ("body", "attachments", place))
            for place, one in enumerate(request.value)
        ]
        refusal = next((refusal for refusal in refusals if refusal is not None), None)
        if refusal is None:
            taken |= set(request.value)
        values.append(refusal or [view_in_message(found[one]) for one in request.value])
    return values


def refuse(row: Any, owner_id: UUID, place: tuple[str | int, ...]) -> ServiceError | None:
    """Returns why an account cannot use an attachment, None if it can. It may be `processing`."""
    if row is None or row["owner_id"] != owner_id or row["state"] in ("expired", "gone"):
        return AttachmentNotFound()
    if row["chat_id"] is not None or row["expires_at"] is None:
        return AttachmentTaken()
    if row["state"] == "deleted":
        return AttachmentNotFound()
    if row["state"] == "uploading":
        return AttachmentNotReady()
    if row["state"] == "refused":
        return ValidationFailed(place, f"the file is refused: {row['reason']}")
    return None


async def _store(context: Context, stored: Sequence[StoredPart]) -> None:
    rows = [
        (one.chat_id, one.seq, position, UUID(value["id"]), kind_of(value["content_type"]))
        for one in stored
        for position, value in enumerate(one.value)
    ]
    if rows:
        await crud.carry(context.connection, rows)


async def _remove(context: Context, chat_id: UUID, seqs: Sequence[int]) -> None:
    """From the commit on no account can read the files. The collector deletes their bytes."""
    await crud.drop(context.connection, chat_id, seqs, context.at)


async def _purge(context: Context, chat_id: UUID, limit: int) -> bool:
    return await crud.drop_chat(context.connection, chat_id, limit, context.at) == limit


PART = MessagePart(
    "attachments",
    read=list[AttachmentInMessage],
    create=AttachmentIds,
    empty=[],
    replaces_text=True,
    forwarded=True,
    prepare=_prepare,
    store=_store,
    remove=_remove,
    refuses=(AttachmentNotFound, AttachmentNotReady, AttachmentTaken),
    refuses_forward=(AttachmentNotReady, MessageIsDeleted, QuotaExceeded),
)
PURGE = ChatPurge("attachments", _purge)
