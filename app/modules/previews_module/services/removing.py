"""Replaces and removes previews of messages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.chats_module.errors import NotAllowedInChat
from app.modules.chats_module.services.access import check, get_membership
from app.modules.messages_module.extension import Messages
from app.modules.messages_module.services.permissions import DELETE_OWN
from app.modules.messages_module.services.views import MessageViews
from app.modules.previews_module import db
from app.modules.previews_module.services.part import release_images
from app.modules.streams_module.services.log import Log, now
from app.services.context import Context
from app.utils.container import Container


async def remove(
    work: UnitOfWork, container: Container, views: MessageViews, chat_id: UUID, account_id: UUID, seq: int
) -> None:
    """Removes the preview of an own message for good. Raises ChatNotFound, MessageNotFound or NotAllowedInChat."""
    await container.get(Log).lock(work, chats=[chat_id])
    raw = await work.raw()
    membership = await get_membership(raw, chat_id, account_id)
    message = await views.for_event(raw, chat_id, seq)
    if message["sender_id"] != str(account_id):
        raise NotAllowedInChat("Only the sender of a message may remove its preview")
    check(membership, DELETE_OWN)
    if message["deleted_at"] is None:
        await db.add_removal(raw, chat_id, seq)
        await replace(work, container, chat_id, seq, [])


async def replace(
    work: UnitOfWork, container: Container, chat_id: UUID, seq: int, value: Sequence[dict[str, Any]]
) -> None:
    """Sets the preview of a message, or none. Removes the image of an earlier one. The caller has locked the chat."""
    messages = container.get(Messages)  # type: ignore[type-abstract]
    await messages.set_part(work, chat_id, seq, db.PART_NAME, value)
    # Also that of a preview which an edit has removed while this module was disabled.
    await release_images(Context(await work.raw(), container, now()), chat_id, [seq])
