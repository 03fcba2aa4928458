"""Sets, removes and shows avatars."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, AccountPart, Erasure
from app.modules.accounts_module.services.mailboxes import announce_change
from app.modules.attachments_module.db.cruds import attachments
from app.modules.attachments_module.db.cruds import avatars as crud
from app.modules.attachments_module.errors import AttachmentNotReady
from app.modules.attachments_module.schemas import AvatarRead
from app.modules.attachments_module.services.avatar_links import Avatar, AvatarLinks
from app.modules.attachments_module.services.collecting import collect_soon
from app.modules.attachments_module.services.kinds import IMAGE_TYPES
from app.modules.attachments_module.services.part import refuse
from app.modules.chats_module.extension import ChatPart, ChatPurge
from app.modules.chats_module.services.access import lock_chat
from app.modules.chats_module.services.chats import append_updated
from app.modules.chats_module.services.permissions import CHANGE_CHAT
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import Log, now
from app.services.context import Context, WorkContext
from app.services.errors import ValidationFailed


async def _keep_image(work: UnitOfWork, attachment_id: UUID, owner_id: UUID) -> None:
    """Keeps an image of an account until it is let go. No message can carry it, and it is not collected.

    Raises AttachmentNotFound, AttachmentTaken, AttachmentNotReady, or ValidationFailed if it is refused or no image.
    """
    raw, place = await work.raw(), ("body", "attachment_id")
    row: Any = (await attachments.lock(raw, [(attachment_id, owner_id)])).get(attachment_id)
    if (refusal := refuse(row, owner_id, place)) is not None:
        raise refusal
    if row["state"] == "processing":
        raise AttachmentNotReady
    if row["content_type"] not in IMAGE_TYPES:
        raise ValidationFailed(place, "the file is not an image")
    await attachments.keep(raw, attachment_id)


async def _let_go(work: UnitOfWork, jobs: Jobs, attachment_id: UUID | None) -> None:
    """Deletes a file that was kept, if there is one. No request sees it any more; the collector deletes its bytes."""
    if attachment_id is not None:
        await attachments.let_go(await work.raw(), attachment_id, now())
        await collect_soon(work, jobs)


async def set_own(work: UnitOfWork, log: Log, jobs: Jobs, account_id: UUID, attachment_id: UUID) -> None:
    """Sets the avatar of an account; the file of the one before is deleted. Raises what `_keep_image` raises."""
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    before = (await crud.list_of_accounts(raw, [account_id])).get(account_id)
    if before == attachment_id:
        return
    await _keep_image(work, attachment_id, account_id)
    await crud.set_of_account(raw, account_id, attachment_id)
    await _let_go(work, jobs, before)
    await announce_change(work, log, account_id)


async def remove_own(work: UnitOfWork, log: Log, jobs: Jobs, account_id: UUID) -> None:
    """Removes the avatar of an account, if it has one, and deletes its file."""
    await log.lock(work, accounts=[account_id])
    removed = await crud.delete_of_account(await work.raw(), account_id)
    if removed is not None:
        await _let_go(work, jobs, removed)
        await announce_change(work, log, account_id)


async def set_of_chat(
    work: UnitOfWork, log: Log, jobs: Jobs, chat_id: UUID, account_id: UUID, attachment_id: UUID
) -> None:
    """Sets the avatar of a chat to a file of the caller. Raises ChatNotFound, NotAllowedInChat, and as `set_own`."""
    raw = await lock_chat(work, log, CHANGE_CHAT, chat_id, account_id)
    before = (await crud.list_of_chats(raw, [chat_id])).get(chat_id)
    if before == attachment_id:
        return
    await _keep_image(work, attachment_id, account_id)
    await crud.set_of_chat(raw, chat_id, attachment_id, account_id)
    await _let_go(work, jobs, before)
    await append_updated(work, log, chat_id, account_id)


async def remove_of_chat(work: UnitOfWork, log: Log, jobs: Jobs, chat_id: UUID, account_id: UUID) -> None:
    """Removes the avatar of a chat, if it has one, and deletes its file. Raises ChatNotFound or NotAllowedInChat."""
    removed = await crud.delete_of_chat(await lock_chat(work, log, CHANGE_CHAT, chat_id, account_id), chat_id)
    if removed is not None:
        await _let_go(work, jobs, removed)
        await append_updated(work, log, chat_id, account_id)


async def _describe_accounts(context: Context, viewer: UUID, ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return await _describe(context, viewer, await crud.list_of_accounts(context.connection, ids), of_chat=False)


async def _describe_chats(context: Context, viewer: UUID, ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return await _describe(context, viewer, await crud.list_of_chats(context.connection, ids), of_chat=True)


async def _describe(context: Context, viewer: UUID, files: Mapping[UUID, UUID], *, of_chat: bool) -> Mapping[UUID, Any]:
    links = context.container.get(AvatarLinks)
    return {
        owner_id: {"id": file, "url": await links.make(Avatar(of_chat, owner_id, file), viewer)}
        for owner_id, file in files.items()
    }


async def _erase(context: WorkContext, account_id: UUID, mode: Erasure, _: int) -> bool:
    """Deletes the avatar of the account; with `delete` also those of chats that it has set. One per call."""
    log, jobs = context.container.get(Log), context.container.get(Jobs)
    own = await crud.delete_of_account(context.connection, account_id)
    if own is not None:
        await _let_go(context.work, jobs, own)
        return True
    chat_id = await crud.find_chat_set_by(context.connection, account_id) if mode == "delete" else None
    if chat_id is None:
        return False
    await log.lock(context.work, chats=[chat_id])
    # Another member may have set another one before the lock was granted.
    if await crud.find_chat_set_by(context.connection, account_id) == chat_id:
        await _let_go(context.work, jobs, await crud.delete_of_chat(context.connection, chat_id))
        await append_updated(context.work, log, chat_id, account_id)
    return True


async def _purge(context: WorkContext, chat_id: UUID, _: int) -> bool:
    await _let_go(context.work, context.container.get(Jobs), await crud.delete_of_chat(context.connection, chat_id))
    return False


AVATARS = (
    AccountPart("avatar", AvatarRead | None, describe=_describe_accounts),
    ChatPart("avatar", AvatarRead | None, describe=_describe_chats),
    AccountHook("avatars", _erase),
    ChatPurge("avatars", _purge),
)
