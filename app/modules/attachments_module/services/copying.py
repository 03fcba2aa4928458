"""Copies of attachments for forwards: new rows on the same contents, so each message has its own."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from app.modules.attachments_module.db.cruds import attachments as crud
from app.modules.attachments_module.errors import AttachmentNotReady, QuotaExceeded
from app.modules.attachments_module.services.quota import lock_quotas, reserve
from app.modules.attachments_module.services.receiving import LIFETIME
from app.modules.attachments_module.services.views import view_in_message
from app.modules.messages_module.errors import MessageIsDeleted
from app.modules.messages_module.extension import PartRequest
from app.services.context import Context
from app.services.errors import ServiceError


async def copy(context: Context, requests: Sequence[PartRequest]) -> list[Any | ServiceError]:
    """Returns the copies for each request, as messages show them. They count for the quota of their new owners.

    A copy that no message takes, because another part refuses it, expires like an upload.
    """
    if not requests:
        return []
    ids = sorted({UUID(one["id"]) for request in requests for one in request.server_value})
    sources = await crud.hold(context.connection, ids) if ids else {}
    senders = {request.sender_id for request in requests if request.server_value}
    payers = await lock_quotas(context, senders) if senders else {}
    copies: list[Any | ServiceError] = []
    for request in requests:
        rows = [sources.get(UUID(one["id"])) for one in request.server_value]
        copies.append(await _copy(context, payers, request.sender_id, rows))
    return copies


async def _copy(
    context: Context, payers: Mapping[UUID, UUID], owner_id: UUID, rows: Sequence[Any]
) -> Any | ServiceError:
    if not rows:
        return []
    if None in rows:
        return MessageIsDeleted()
    if any(row["state"] == "processing" for row in rows):
        return AttachmentNotReady("A file of this message is still being processed")
    size = sum(row["size"] or 0 for row in rows)
    if size and not await reserve(context, payers, owner_id, size):
        return QuotaExceeded()
    ids = [uuid4() for _ in rows]
    expires_at = context.at + LIFETIME
    await crud.copy(context.connection, rows, ids, owner_id, context.at, expires_at)
    return [view_in_message(row) | {"id": str(new)} for row, new in zip(rows, ids, strict=True)]
