"""The field `link_previews` of messages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.modules.chats_module.extension import ChatPurge
from app.modules.messages_module.extension import (
    NEEDS_PREPARE,
    MessagePart,
    MessageRemoval,
    PartRequest,
    StoredPart,
    removing_rows,
)
from app.modules.messages_module.schemas import MessageCreate
from app.modules.previews_module import db
from app.modules.previews_module.extension import PreviewImages
from app.modules.previews_module.schemas import LinkPreview
from app.modules.previews_module.services.links import find_link
from app.services.context import Context
from app.utils.module import Modules


def as_value(url: str, page: db.PageDescription) -> list[dict[str, Any]]:
    texts = {"title": page.title, "description": page.description, "site_name": page.site_name}
    return [{"url": url, **texts, "attachment_id": None, "width": None, "height": None}]


def _derive(request: BaseModel) -> Any:
    """A new message has no preview yet: the server sets it later."""
    return [] if isinstance(request, MessageCreate) else NEEDS_PREPARE


async def _prepare(context: Context, requests: Sequence[PartRequest]) -> list[Any]:
    return [_keep(request) for request in requests]


def _keep(edit: PartRequest) -> Any:
    """Returns the preview after an edit. One of a link that is no longer the first is removed at once."""
    request: Any = edit.request
    if not edit.current:
        return []
    link = find_link(request.text, edit.others.get("entities") or ())
    return edit.current if link == edit.current[0]["url"] else []


async def _store(context: Context, stored: Sequence[StoredPart]) -> None:
    """An edit has removed previews, and with them their images."""
    for one in stored:
        await release_images(context, one.chat_id, [one.seq])


async def release_images(context: Context, chat_id: UUID, seqs: Sequence[int]) -> None:
    """Releases the images of previews that are removed, also of images that are not shown yet."""
    for images in context.container.get(Modules).contributions(PreviewImages):
        await images.release(context, chat_id, seqs)


PART = MessagePart(db.PART_NAME, read=list[LinkPreview], empty=[], derive=_derive, prepare=_prepare, store=_store)
REMOVALS = MessageRemoval("previews", removing_rows("removed_link_preview"))
PURGE = ChatPurge.of_rows("previews", db.PURGE_REMOVALS)
