"""Images of link previews: members of the chat read them as the files of its messages. `attachments` leaves them out.

They are processed as uploads are, and count for the quota as files of the message's sender.
"""

from collections.abc import Sequence
from secrets import token_hex
from uuid import UUID, uuid4

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.attachments_module.db.cruds import attachments as crud
from app.modules.attachments_module.db.cruds import uploads
from app.modules.attachments_module.services.kinds import UNKNOWN, image_type
from app.modules.attachments_module.services.postponing import postponed_while_down
from app.modules.attachments_module.services.processing import PROCESS_IMAGE, ToProcess
from app.modules.attachments_module.services.quota import lock_quotas, reserve
from app.modules.attachments_module.services.receiving import LIFETIME
from app.modules.attachments_module.services.store import HEAD_BYTES, FileStore, piece_path
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.jobs_module.extension import JobContext, Jobs
from app.modules.previews_module.extension import FetchedImage, PreviewImages, find_sender
from app.modules.streams_module.services.log import Log, now
from app.services.context import Context

_FILENAME = "preview"


async def _store(context: JobContext, image: FetchedImage) -> None:
    """Stores the bytes, then leaves them to the lane of images."""
    store, settings = context.container.get(FileStore), context.container.get(AttachmentSettings)
    if image_type(image.data[:HEAD_BYTES]) is None or len(image.data) > settings.max_bytes:
        return
    attachment_id, name = uuid4(), token_hex(8)
    path = piece_path(attachment_id, 0, name)
    with postponed_while_down():
        await store.put(path, image.data)
        async with context.unit_of_work() as work:
            is_added = await _add(context, work, image, attachment_id, name)
        if not is_added:
            await store.delete(path)


async def _add(context: JobContext, work: UnitOfWork, image: FetchedImage, attachment_id: UUID, piece: str) -> bool:
    """Returns False if the message has changed or has its image, or if the quota is used up."""
    await context.container.get(Log).lock(work, chats=[image.chat_id])
    raw, at, size = await work.raw(), now(), len(image.data)
    owner_id = await find_sender(raw, image)
    # An earlier attempt may have added the image.
    if owner_id is None or await crud.has_preview_image(raw, image.chat_id, image.seq):
        return False
    in_work = Context(raw, context.container, at)
    if not await reserve(in_work, await lock_quotas(in_work, [owner_id]), owner_id, size):
        return False
    until = at + LIFETIME
    await uploads.insert(raw, attachment_id, owner_id, _FILENAME, UNKNOWN, "", size, at, until)
    await uploads.advance(raw, attachment_id, 0, size, piece, at, until)
    await uploads.complete(raw, attachment_id, until)
    await crud.carry(raw, [(image.chat_id, image.seq, crud.OF_PREVIEW, attachment_id, "preview")])
    payload = ToProcess(attachment_id=attachment_id)
    jobs = context.container.get(Jobs)
    await jobs.enqueue(work, PROCESS_IMAGE, payload, key=str(attachment_id), owner_id=owner_id)
    return True


async def _release(context: Context, chat_id: UUID, seqs: Sequence[int]) -> None:
    await crud.drop_preview_images(context.connection, chat_id, seqs, context.at)


PREVIEW_IMAGES = PreviewImages("attachments", _store, _release)
