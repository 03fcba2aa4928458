"""What happens to a file after its last byte: jobs find out what it is, and store it under its content."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.attachments_module.db.cruds import attachments as crud
from app.modules.attachments_module.db.cruds import uploads
from app.modules.attachments_module.services.ending import Outcome, claim, finish
from app.modules.attachments_module.services.images import store_image
from app.modules.attachments_module.services.kinds import IMAGE_TYPES, UNKNOWN, sniff
from app.modules.attachments_module.services.postponing import postponed_while_down
from app.modules.attachments_module.services.store import FileStore, Upload, content_path, upload_prefix
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Lane

FILES = Lane("attachments", 2)
IMAGES = Lane("images", 1)
"""Images take processor time and memory: whatever else is uploaded does not wait for them."""


class ToProcess(BaseModel):
    attachment_id: UUID


async def enqueue_processing(work: UnitOfWork, jobs: Jobs, owner_id: UUID, attachment_id: UUID) -> None:
    await jobs.enqueue(work, PROCESS, ToProcess(attachment_id=attachment_id), owner_id=owner_id)


async def process(context: JobContext, payload: ToProcess) -> None:
    """Stores an upload, or leaves it to the lane of images."""
    await _run(context, payload.attachment_id, is_for_images=False)


async def process_image(context: JobContext, payload: ToProcess) -> None:
    """Stores the copy of an image."""
    await _run(context, payload.attachment_id, is_for_images=True)


async def _run(context: JobContext, attachment_id: UUID, *, is_for_images: bool) -> None:
    """It runs again after a crash: each step first looks whether it is done already."""
    store = context.container.get(FileStore)
    async with context.unit_of_work() as work:
        raw = await work.raw()
        row = await crud.find(raw, attachment_id)
        pieces = await uploads.list_pieces(raw, attachment_id)
    with postponed_while_down():
        if row is not None and row["state"] == "processing":
            upload = Upload(store, attachment_id, pieces)
            content_type = sniff(await upload.head())
            is_image = content_type in IMAGE_TYPES
            if is_image and not is_for_images:
                async with context.unit_of_work() as work:
                    jobs, payload = context.container.get(Jobs), ToProcess(attachment_id=attachment_id)
                    await jobs.enqueue(work, PROCESS_IMAGE, payload, key=str(attachment_id), owner_id=row["owner_id"])
                return
            keep = store_image if is_image else _store_as_it_is
            await finish(context, attachment_id, await keep(context, upload, content_type))
        # The bytes are under their content by now, or they are no longer needed.
        await _delete_upload(context, attachment_id)


async def refuse(context: JobContext, payload: ToProcess) -> None:
    """Refuses a file whose job has failed for good. Its owner, and the members of a chat, wait for it otherwise."""
    await finish(context, payload.attachment_id, Outcome("refused", UNKNOWN, reason="processing_failed"))
    await _delete_upload(context, payload.attachment_id)


async def _delete_upload(context: JobContext, attachment_id: UUID) -> None:
    await context.container.get(FileStore).delete_below(upload_prefix(attachment_id))
    async with context.unit_of_work() as work:
        await uploads.delete_pieces(await work.raw(), [attachment_id])


async def _store_as_it_is(context: JobContext, upload: Upload, content_type: str) -> Outcome:
    sha256 = await upload.hash()
    await claim(context, upload.id, sha256)
    await upload.store.put_stream(content_path(sha256), upload.read(), upload.size)
    return Outcome("ready", content_type, upload.size, sha256)


_OPTIONS: Any = {"max_attempts": 5, "backoff": (1.0, 5.0, 30.0, 120.0), "on_dead": refuse, "takes_turns": True}
"""A store that is down does not count. What fails again and again is the file: it is refused after a few minutes."""
PROCESS = Job("attachments.process", ToProcess, process, timeout_s=3600.0, lane=FILES.name, **_OPTIONS)
PROCESS_IMAGE = Job("attachments.image", ToProcess, process_image, timeout_s=300.0, lane=IMAGES.name, **_OPTIONS)
