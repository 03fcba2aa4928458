"""Editing and deleting messages, and reactions: lock, reload, check, then write."""

from typing import Any
from uuid import UUID

import orjson

from app.adapters.db.unit_of_work import RawConnection, UnitOfWork
from app.modules.chats_module.errors import NotAllowedInChat
from app.modules.chats_module.services.access import Membership, check, find_last_leaving, get_membership
from app.modules.chats_module.services.permissions import (
    DELETE_ANY,
    DELETE_OWN,
    EDIT_OWN,
    REACT,
    TAKE_BACK_REACTION,
)
from app.modules.messages_module.db.cruds import changes as crud
from app.modules.messages_module.errors import MessageIsDeleted, MessageNotFound, TooManyReactions
from app.modules.messages_module.services.views import view_message
from app.modules.streams_module.services.log import Log, event, now

MAX_EMOJIS = 50
"""Different emojis on one message."""
MAX_EDITS_WITH_TEXT = 10
"""Earlier edits of a message whose events hold its newest text; those before have none, so that an edit stays cheap."""
MAX_EMOJIS_OF_ACCOUNT = 20
"""So that nobody takes the room of all the others."""


async def edit_message(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, seq: int, text: str) -> None:
    """Edits a message, by its sender, who may still post; its earlier events lose the old text.

    The same text again changes nothing.
    """
    raw, membership, message = await _load(work, log, chat_id, account_id, seq)
    if message["sender_id"] != membership.account_id:
        raise NotAllowedInChat("Only its sender may edit a message")
    check(membership, EDIT_OWN)
    if message["deleted_at"] is not None:
        raise MessageIsDeleted
    if message["text"] == text:
        return
    at = now()
    changed = await _as_event(raw, message, text=text, edited_at=at)
    event_seq = await log.append(work, chat_id, event("message.edited", changed))
    first, edits = message["event_seqs"][:1], message["event_seqs"][1:]
    kept, emptied = [*first, *edits[-MAX_EDITS_WITH_TEXT:]], edits[:-MAX_EDITS_WITH_TEXT]
    await crud.edit_message(raw, chat_id, seq, text, at, [*kept, event_seq])
    # Whoever has left reads the events up to the leaving, and none of the words that came later.
    blank_until = await find_last_leaving(raw, chat_id)
    await crud.replace_text_in_events(raw, chat_id, kept, text, blank_until=blank_until)
    await crud.replace_text_in_events(raw, chat_id, emptied, "", blank_until=0)


async def delete_message(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, seq: int) -> None:
    """By its sender or an admin. A message that is deleted already stays as it is."""
    raw, membership, message = await _load(work, log, chat_id, account_id, seq)
    if message["sender_id"] == membership.account_id:
        check(membership, DELETE_OWN)
    else:
        check(membership, DELETE_ANY, "Only its sender or an admin may delete a message")
    if message["deleted_at"] is not None:
        return
    at = now()
    await crud.delete_message(raw, chat_id, seq, at)
    await crud.replace_text_in_events(raw, chat_id, message["event_seqs"], "", blank_until=0)
    await log.append(work, chat_id, event("message.deleted", await _as_event(raw, message)))


async def add_reaction(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, seq: int, emoji: str) -> None:
    """Once is enough: the same emoji again changes nothing."""
    raw, membership, message = await _load(work, log, chat_id, account_id, seq)
    check(membership, REACT)
    if message["deleted_at"] is not None:
        raise MessageIsDeleted
    total, own = await crud.count_other_emojis(raw, chat_id, seq, emoji, account_id)
    if total >= MAX_EMOJIS:
        raise TooManyReactions
    if own >= MAX_EMOJIS_OF_ACCOUNT:
        raise TooManyReactions(f"One account gives a message at most {MAX_EMOJIS_OF_ACCOUNT} reactions")
    if await crud.add_reaction(raw, chat_id, seq, emoji, account_id, now()):
        await _tell_reaction(work, log, raw, "reaction.added", message, emoji, account_id)


async def remove_reaction(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, seq: int, emoji: str) -> None:
    """Taking back what was not given changes nothing."""
    raw, membership, message = await _load(work, log, chat_id, account_id, seq)
    check(membership, TAKE_BACK_REACTION)
    if await crud.remove_reaction(raw, chat_id, seq, emoji, account_id):
        await _tell_reaction(work, log, raw, "reaction.removed", message, emoji, account_id)


async def _load(
    work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, seq: int
) -> tuple[RawConnection, Membership, Any]:
    await log.lock(work, chats=[chat_id])
    raw = await work.raw()
    membership = await get_membership(raw, chat_id, account_id)
    message = await crud.find_message(raw, chat_id, seq)
    if message is None:
        raise MessageNotFound
    return raw, membership, message


async def _as_event(raw: RawConnection, message: Any, **changes: Any) -> dict[str, Any]:
    """The message as REST gives it, with what is about to change, without what differs from viewer to viewer."""
    standing: dict[str, Any] = orjson.loads(await view_message(raw, None, message["chat_id"], message["seq"]))
    return standing | changes


async def _tell_reaction(
    work: UnitOfWork, log: Log, raw: RawConnection, kind: str, message: Any, emoji: str, account_id: UUID
) -> None:
    chat_id, seq = message["chat_id"], message["seq"]
    count = await crud.count_of_emoji(raw, chat_id, seq, emoji)
    data = {"chat_id": str(chat_id), "seq": seq, "emoji": emoji, "account_id": str(account_id), "count": count}
    await log.append(work, chat_id, event(kind, data))
