"""The extension point of previews: another module stores the images of pages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.jobs_module.extension import JobContext
from app.modules.messages_module.extension import MessagePart, Messages
from app.modules.previews_module import db
from app.services.context import Context
from app.utils.container import Container
from app.utils.module import Modules


@dataclass(frozen=True, slots=True)
class FetchedImage:
    """The image of a page, for the preview of a message. `data`: as it was received from a server that may be hostile.

    `page_url`: the link in the message.
    """

    chat_id: UUID
    seq: int
    page_url: str
    data: bytes


@dataclass(frozen=True)
class PreviewImages:
    """Stores images of previews. Without such a contribution, previews have no image.

    - `store(context, image)`: stores an image while `find_sender` knows its message. Once the image is safe to show,
      the module calls `show_image`. A message that has its image already keeps it.
    - `release(context, chat_id, seqs)`: runs in the transaction that removes the previews of messages, under the lock
      of their chat. The images of deleted messages are released without this call.
    """

    name: str
    store: Callable[[JobContext, FetchedImage], Awaitable[None]]
    release: Callable[[Context, UUID, Sequence[int]], Awaitable[None]]

    optional_host: ClassVar[bool] = True


async def find_sender(connection: DatabaseConnection, image: FetchedImage) -> UUID | None:
    """Returns the sender of an image's message. None if the message does not show a preview of the page any more."""
    return await db.find_sender(connection, image.chat_id, image.seq, image.page_url)


async def show_image(
    work: UnitOfWork, container: Container, chat_id: UUID, seq: int, attachment_id: UUID, width: int, height: int
) -> None:
    """Adds an image to the preview of a message, under the lock of its chat."""
    shown = await db.find_preview(await work.raw(), chat_id, seq)
    # Another process may have switched the module off since it fetched the image.
    if shown and any(part.name == db.PART_NAME for part in container.get(Modules).contributions(MessagePart)):
        messages = container.get(Messages)  # type: ignore[type-abstract]
        value = {**shown, "attachment_id": str(attachment_id), "width": width, "height": height}
        await messages.set_part(work, chat_id, seq, db.PART_NAME, [value])
