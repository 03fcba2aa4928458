"""Saves, deletes and reads drafts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook
from app.modules.chats_module.services.access import get_membership
from app.modules.drafts_module import db
from app.modules.drafts_module.schemas import DraftRead, DraftUpdate
from app.modules.messages_module.errors import MessageIsDeleted, NoMessageToReplyTo
from app.modules.messages_module.extension import MessageRemoval
from app.modules.messages_module.services.views import MessageViews
from app.modules.streams_module.services.log import Log, event, now
from app.services.context import WorkContext

_NO_DRAFT = DraftRead(text="", reply_to_seq=None, updated_at=None)


async def read_draft(connection: Connection, chat_id: UUID, account_id: UUID) -> DraftRead:
    """Returns an account's draft in a chat, or an empty one."""
    draft = await db.find_draft(connection, chat_id, account_id)
    return _NO_DRAFT if draft is None else DraftRead.model_validate(draft)


async def save_draft(
    work: UnitOfWork, log: Log, views: MessageViews, chat_id: UUID, account_id: UUID, draft: DraftUpdate
) -> DraftRead:
    """Saves a draft, or deletes it if the text is empty, and returns it. Appends `draft.changed` if it differs.

    Raises ChatNotFound, NoMessageToReplyTo, or MessageIsDeleted.
    """
    reply_to_seq = draft.reply_to_seq if draft.text else None
    # The end of a membership takes the account's lock, and the deletion of a message the chat's.
    await log.lock(work, chats=[chat_id] if reply_to_seq is not None else [], accounts=[account_id])
    raw = await work.raw()
    membership = await get_membership(raw, chat_id, account_id)
    if reply_to_seq is not None:
        if not 1 <= reply_to_seq <= membership.last_seq:
            raise NoMessageToReplyTo
        message = await views.for_event(raw, chat_id, reply_to_seq)
        if message["deleted_at"] is not None:
            raise MessageIsDeleted
    before = await read_draft(raw, chat_id, account_id)
    if (draft.text, reply_to_seq) == (before.text, before.reply_to_seq):
        return before
    at = now()
    if draft.text:
        await db.write_draft(raw, chat_id, account_id, draft.text, reply_to_seq, at)
        saved = DraftRead(text=draft.text, reply_to_seq=reply_to_seq, updated_at=at)
    else:
        await db.delete_draft(raw, chat_id, account_id)
        saved = _NO_DRAFT
    await log.append(work, account_id, event("draft.changed", {"chat_id": chat_id, "updated_at": at}), at=at)
    return saved


async def _purge_quoting(context: WorkContext, chat_id: UUID, seqs: Sequence[int]) -> None:
    """Deletes the drafts that reply to deleted messages. The caller holds the chat's lock, so no new one appears."""
    account_ids = await db.list_quoting(context.connection, chat_id, seqs)
    if not account_ids:
        return
    log = context.container.get(Log)
    await log.lock(context.work, accounts=account_ids)
    changed: dict[str, Any] = {"chat_id": chat_id, "updated_at": context.at}
    # A draft may have been saved without the reply before the lock was granted.
    deleted = await db.delete_quoting(context.connection, chat_id, seqs, account_ids)
    await log.append_to_each(context.work, "draft.changed", dict.fromkeys(deleted, changed))


PURGE_QUOTING = MessageRemoval("drafts", _purge_quoting)
DRAFTS_OF_ACCOUNT = AccountHook.of_rows("drafts", db.DELETE_OF_ACCOUNT)
"""An erased account stays a member of its direct chats."""
