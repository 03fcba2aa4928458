"""Edits and deletes messages: lock, reload, check, then write."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.chats_module.errors import NotAllowedInChat
from app.modules.chats_module.services.access import Membership, check, find_last_departure, get_membership
from app.modules.messages_module.db.cruds import changes as crud
from app.modules.messages_module.db.cruds.checks import read_checks
from app.modules.messages_module.errors import MessageIsDeleted, MessageNotFound
from app.modules.messages_module.extension import CheckedSend, EditedMessage
from app.modules.messages_module.schemas import MessageUpdate
from app.modules.messages_module.services.part_values import PartInput, PartsOfMessage, as_json
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.permissions import DELETE_ANY, DELETE_OWN, EDIT_OWN
from app.modules.streams_module.services.log import Log, event, now
from app.services.errors import ServiceError
from app.utils.json_form import to_json

MAX_EDITS_WITH_TEXT = 10
"""Latest edits whose events get the newest text. Events of older edits are emptied, so that an edit stays cheap."""


async def edit_message(
    work: UnitOfWork, log: Log, parts: MessageParts, chat_id: UUID, account_id: UUID, seq: int, request: MessageUpdate
) -> None:
    """Edits a message of the account, which must still be allowed to post. Its earlier events get the new text.

    Fields missing in the request keep their values. A request with the values that the message has
    changes nothing and appends no event, also if what is derived from them would be different now.
    """
    raw, membership, message = await load(work, log, chat_id, account_id, seq)
    if message["sender_id"] != membership.account_id:
        raise NotAllowedInChat("Only the sender of a message may edit it")
    check(membership, EDIT_OWN)
    if message["deleted_at"] is not None:
        raise MessageIsDeleted
    at = now()
    text = message["text"] if request.text is None else request.text
    before = parts.fields.values_of(message["parts"])
    parts.check_editable(before)
    named = request.model_dump(mode="json", exclude_unset=True)
    if named.items() <= {"text": message["text"], **before}.items():
        return
    complete = parts.complete(request, {**message, **before})
    await check_send(raw, parts, chat_id, membership, complete, at)
    given = parts.for_update(complete, request.model_fields_set)
    part_input = PartInput(
        chat_id, membership.chat_type, account_id, membership.role, membership.last_seq, complete, given, {}, before
    )
    (values,) = await parts.prepare(raw, [part_input], at)
    if isinstance(values, ServiceError):
        raise values
    changed = {**before, **values}
    parts.check_content(text, changed)
    if text == message["text"] and changed == before:
        return
    await _change(work, log, parts, raw, message, "message.edited", text, changed, edited_at=at)
    edited = {name: value for name, value in values.items() if value != before[name]}
    await parts.store(raw, at, [PartsOfMessage(chat_id, seq, account_id, edited, before=before)])
    written_at = message["edited_at"] or message["created_at"]
    await parts.keep(work, EditedMessage(chat_id, seq, account_id, message["text"], written_at, text), at)


async def set_part(
    work: UnitOfWork, log: Log, parts: MessageParts, chat_id: UUID, seq: int, name: str, value: Any
) -> None:
    """Sets one part of a message and appends `message.updated`. A deleted message is not changed.

    Neither is one of a deleted chat: the last event of its stream is kept, and must be `chat.deleted`.
    """
    await log.lock(work, chats=[chat_id])
    raw = await work.raw()
    message = await crud.find_message(raw, chat_id, seq)
    if message is None:
        raise MessageNotFound
    before, value = parts.fields.values_of(message["parts"]), as_json(name, value)
    if message["deleted_at"] is not None or before[name] == value:
        return
    if not await crud.is_in_deleted_chat(raw, chat_id):
        await _change(work, log, parts, raw, message, "message.updated", message["text"], before | {name: value})


async def _change(
    work: UnitOfWork,
    log: Log,
    parts: MessageParts,
    raw: Connection,
    message: Any,
    kind: str,
    text: str,
    values: Mapping[str, Any],
    *,
    edited_at: datetime | None = None,
) -> None:
    """Writes a message's new content, appends an event with it, and writes it into the earlier events."""
    chat_id, seq, fields = message["chat_id"], message["seq"], parts.fields
    shown = {"text": text, **values}
    changed = await _as_event(work, parts, message, **shown, **({"edited_at": edited_at} if edited_at else {}))
    event_seq = await log.append(work, chat_id, event(kind, changed))
    first, edits = message["event_seqs"][:1], message["event_seqs"][1:]
    readable, emptied = [*first, *edits[-MAX_EDITS_WITH_TEXT:]], edits[:-MAX_EDITS_WITH_TEXT]
    # Parts that this process does not have may describe the old text.
    is_new_text = text != message["text"]
    unknown = {} if is_new_text else fields.unknown_of(message["parts"])
    only = fields.names if is_new_text else None
    stored = fields.to_store({**unknown, **values})
    await crud.edit_message(raw, chat_id, seq, text, stored, edited_at, [*readable, event_seq])
    # Former members read events up to their departure, and must not see what is written later.
    blank_until = await find_last_departure(raw, chat_id)
    before = {"text": message["text"], **fields.values_of(message["parts"])}
    blank = {"text": "", **fields.of_tombstone(message["parts"])}
    hidden = to_json({name: blank[name] for name in blank if is_new_text or shown[name] != before[name]})
    await crud.replace_in_events(raw, chat_id, readable, to_json(shown), hidden, blank_until=blank_until, only=only)
    blank_data = to_json(blank)
    await crud.replace_in_events(raw, chat_id, emptied, blank_data, blank_data, blank_until=0, only=fields.names)


async def delete_message(
    work: UnitOfWork, log: Log, parts: MessageParts, chat_id: UUID, account_id: UUID, seq: int
) -> None:
    """Deletes a message by its sender or an admin. A deleted message is not changed."""
    raw, membership, message = await load(work, log, chat_id, account_id, seq)
    if message["sender_id"] == membership.account_id:
        check(membership, DELETE_OWN)
    else:
        check(membership, DELETE_ANY, "Only the sender of a message or an admin may delete it")
    await _erase(work, log, parts, raw, [message])


async def erase_messages(work: UnitOfWork, log: Log, parts: MessageParts, chat_id: UUID, seqs: Sequence[int]) -> int:
    """Deletes messages on behalf of the server. Returns how many it has deleted: none of a deleted chat."""
    await log.lock(work, chats=[chat_id])
    raw = await work.raw()
    if await crud.is_in_deleted_chat(raw, chat_id):
        return 0
    found = [await crud.find_message(raw, chat_id, seq) for seq in dict.fromkeys(seqs)]
    return await _erase(work, log, parts, raw, [message for message in found if message is not None])


async def _erase(work: UnitOfWork, log: Log, parts: MessageParts, raw: Connection, messages: Sequence[Any]) -> int:
    at = now()
    alive = [message for message in messages if message["deleted_at"] is None]
    for message in alive:
        chat_id, seq = message["chat_id"], message["seq"]
        await crud.delete_message(raw, chat_id, seq, parts.fields.kept(message["parts"]), at)
        blank = to_json({"text": "", **parts.fields.of_tombstone(message["parts"])})
        # Parts that this process does not have may be content, too.
        only = parts.fields.names
        await crud.replace_in_events(raw, chat_id, message["event_seqs"], blank, blank, blank_until=0, only=only)
        await log.append(work, chat_id, event("message.deleted", await _as_event(work, parts, message)))
    if alive:
        await parts.remove(work, alive[0]["chat_id"], [message["seq"] for message in alive], at)
    return len(alive)


async def check_send(
    raw: Connection, parts: MessageParts, chat_id: UUID, membership: Membership, request: BaseModel, at: datetime
) -> None:
    """Raises the refusal if a check of the chat refuses a send or an edit by the member."""
    checked = CheckedSend(chat_id, membership.account_id, membership.role, request)
    (refusal,) = await parts.check(raw, [(checked, await read_checks(raw, chat_id))], at)
    if refusal is not None:
        raise refusal


async def check_mark(work: UnitOfWork, parts: MessageParts, chat_id: UUID, account_id: UUID) -> None:
    """Raises the refusal if a check of the chat refuses marks by the account."""
    raw = await work.raw()
    refusal = await parts.check_mark(raw, await read_checks(raw, chat_id), chat_id, account_id, now())
    if refusal is not None:
        raise refusal


async def load(
    work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, seq: int
) -> tuple[Connection, Membership, Any]:
    """Locks the chat's stream. Returns the connection, the account's membership and the message as they are then."""
    await log.lock(work, chats=[chat_id])
    raw = await work.raw()
    membership = await get_membership(raw, chat_id, account_id)
    message = await crud.find_message(raw, chat_id, seq)
    if message is None:
        raise MessageNotFound
    return raw, membership, message


async def _as_event(work: UnitOfWork, parts: MessageParts, message: Any, **changes: Any) -> dict[str, Any]:
    """Returns the message as events contain it, with the given changes."""
    stored = await parts.views.for_event(await work.raw(), message["chat_id"], message["seq"])
    return stored | changes
