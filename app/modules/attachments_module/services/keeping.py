"""Files that are kept without a message: avatars. No message can carry them, and they are not collected."""

from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.attachments_module.db.cruds import attachments as crud
from app.modules.attachments_module.errors import AttachmentNotReady
from app.modules.attachments_module.services.collecting import collect_soon
from app.modules.attachments_module.services.kinds import IMAGE_TYPES
from app.modules.attachments_module.services.part import refuse
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import now
from app.services.errors import ValidationFailed


async def keep_image(work: UnitOfWork, attachment_id: UUID, owner_id: UUID) -> None:
    """Keeps an image of an account until it is let go.

    Raises AttachmentNotFound, AttachmentTaken, AttachmentNotReady, or ValidationFailed if it is refused or no image.
    """
    raw, place = await work.raw(), ("body", "attachment_id")
    row: Any = (await crud.lock(raw, [(attachment_id, owner_id)])).get(attachment_id)
    if (refusal := refuse(row, owner_id, place)) is not None:
        raise refusal
    if row["state"] == "processing":
        raise AttachmentNotReady
    if row["content_type"] not in IMAGE_TYPES:
        raise ValidationFailed(place, "the file is not an image")
    await crud.keep(raw, attachment_id)


async def let_go(work: UnitOfWork, jobs: Jobs, attachment_id: UUID | None) -> None:
    """Deletes a file that was kept, if there is one. No request sees it any more; the collector deletes its bytes."""
    if attachment_id is not None:
        await crud.let_go(await work.raw(), attachment_id, now())
        await collect_soon(work, jobs)
