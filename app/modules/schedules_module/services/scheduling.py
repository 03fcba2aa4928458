"""Schedules messages, and lists, edits and cancels those of one account in one chat."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import orjson

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.base_module.schemas import Moment
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.chats_module.services.access import Membership, check, get_membership
from app.modules.jobs_module.extension import Jobs
from app.modules.messages_module.errors import IdempotencyMismatch, NoMessageToReplyTo
from app.modules.messages_module.extension import UnsentMessages
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.changes import check_send
from app.modules.messages_module.services.part_values import PartInput
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.permissions import POST
from app.modules.schedules_module import db
from app.modules.schedules_module.errors import (
    AlreadySent,
    ScheduledMessageIsSending,
    ScheduledMessageNotFound,
    TooManyScheduledMessages,
)
from app.modules.schedules_module.schemas import ScheduleModels, ScheduleUpdate
from app.modules.schedules_module.services.sending import SEND, ToSend, as_message, describe
from app.modules.schedules_module.settings import ScheduleSettings
from app.modules.streams_module.services.log import Log, event, now
from app.services.context import Context
from app.services.errors import ServiceError, ValidationFailed

_NOT_IN_BODY = {"client_msg_id", "send_at"}


class Scheduling(NamedTuple):
    """What changes of scheduled messages need."""

    log: Log
    jobs: Jobs
    parts: MessageParts
    models: ScheduleModels
    settings: ScheduleSettings


async def create(
    work: UnitOfWork, use: Scheduling, chat_id: UUID, account_id: UUID, request: Any
) -> tuple[dict[str, Any], bool]:
    """Schedules a message. Returns it, and True if the same request had scheduled it before.

    Raises ChatNotFound, IdempotencyMismatch, AlreadySent, NotAllowedInChat, TooManyScheduledMessages, ValidationFailed,
    or the refusal of a check or of a part.
    """
    await use.log.lock(work, accounts=[account_id])
    raw = await work.raw()
    membership = await get_membership(raw, chat_id, account_id)
    client_msg_id, digest = request.client_msg_id or uuid4(), digest_of(request)
    before = await db.find_by_client_id(raw, chat_id, account_id, client_msg_id)
    if before is not None:
        # Processes of an earlier version included the defaults.
        if before["digest"] not in (digest, digest_of(request, exclude_defaults=False)):
            raise IdempotencyMismatch
        return _view(before, use.models), True
    if await db.find_sent(raw, chat_id, account_id, client_msg_id) is not None:
        raise AlreadySent
    check(membership, POST)
    at, send_at = now(), request.send_at
    _check_time(send_at, at)
    await _check_message(raw, request, use.parts, chat_id, membership, at)
    if await db.count_of_account(raw, account_id) >= use.settings.max_per_account:
        raise TooManyScheduledMessages(f"An account may have at most {use.settings.max_per_account} scheduled messages")
    scheduled_id = uuid4()
    body = request.model_dump(mode="json", exclude=_NOT_IN_BODY, exclude_unset=True)
    row = await db.insert(
        raw, chat_id, account_id, scheduled_id, client_msg_id, body, digest, send_at, membership.joined_event_seq, at
    )
    await _enqueue(work, use.jobs, row)
    await use.log.append(work, account_id, _changed(row), at=at)
    return _view(row, use.models), False


async def list_page(
    connection: Connection, models: ScheduleModels, chat_id: UUID, account_id: UUID, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Returns a page of the account's scheduled messages in a chat, the earliest first. Large ones end it early."""
    after = decode_cursor(cursor, tuple[Moment, UUID], of="scheduled") if cursor else None
    rows = await db.list_page(connection, chat_id, account_id, after, limit + 1)
    shown = rows[:limit]
    has_more = bool(rows) and rows[0]["found"] > len(shown)
    next_cursor = encode_cursor(shown[-1]["send_at"], shown[-1]["id"], of="scheduled") if has_more else None
    return {"items": [_view(row, models) for row in shown], "next_cursor": next_cursor}


async def edit(
    work: UnitOfWork, use: Scheduling, chat_id: UUID, account_id: UUID, scheduled_id: UUID, request: ScheduleUpdate
) -> dict[str, Any]:
    """Changes a message that is not being sent. With a new `send_at` one that has failed waits again.

    Raises ChatNotFound, ScheduledMessageNotFound, ScheduledMessageIsSending, AlreadySent, NotAllowedInChat,
    ValidationFailed, or the refusal of a check or of a part.
    """
    membership, row = await _load(work, use.log, chat_id, account_id, scheduled_id)
    raw, at = await work.raw(), now()
    if await db.find_sent(raw, chat_id, account_id, row["client_msg_id"]) is not None:
        raise AlreadySent
    given = request.model_fields_set
    before = orjson.loads(row["body"])
    # Fields of a module that was switched off are not shown, and would refuse each change.
    known = {name: value for name, value in before.items() if name in use.models.message.model_fields}
    body = known | request.model_dump(mode="json", include=given - _NOT_IN_BODY)
    check(membership, POST)
    await _check_message(raw, as_message(body, use.models), use.parts, chat_id, membership, at)
    if row["state"] == "waiting":
        # The module may be on again when the message is sent.
        body = before | body
    send_at, state, code, detail = row["send_at"], row["state"], row["code"], row["detail"]
    if "send_at" in given:
        _check_time(request.send_at, at)
        send_at, state, code, detail = request.send_at, "waiting", None, None
    if (body, send_at, state) == (before, row["send_at"], row["state"]):
        return _view(row, use.models)
    row = await db.update(raw, chat_id, account_id, scheduled_id, body, send_at, state, code, detail, at)
    # A job that is running does not count: it finds the new time and ends.
    if "send_at" in given and not await use.jobs.reschedule(work, SEND, str(scheduled_id), send_at, account_id):
        await _enqueue(work, use.jobs, row)
    await use.log.append(work, account_id, _changed(row), at=at)
    return _view(row, use.models)


async def cancel(work: UnitOfWork, use: Scheduling, chat_id: UUID, account_id: UUID, scheduled_id: UUID) -> None:
    """Deletes a message that is not being sent.

    Raises ChatNotFound, ScheduledMessageNotFound or ScheduledMessageIsSending.
    """
    _, row = await _load(work, use.log, chat_id, account_id, scheduled_id)
    await db.delete(await work.raw(), chat_id, account_id, scheduled_id)
    await use.jobs.cancel(work, SEND, str(scheduled_id), account_id)
    await use.log.append(work, account_id, event("scheduled.cancelled", describe(row)))


async def _load(
    work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, scheduled_id: UUID
) -> tuple[Membership, Any]:
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    membership = await get_membership(raw, chat_id, account_id)
    row = await db.find(raw, chat_id, account_id, scheduled_id, lock=True)
    if row is None:
        raise ScheduledMessageNotFound
    if row["state"] == "sending":
        raise ScheduledMessageIsSending
    return membership, row


async def _enqueue(work: UnitOfWork, jobs: Jobs, row: Any) -> None:
    payload = ToSend(chat_id=row["chat_id"], account_id=row["account_id"], id=row["id"])
    await jobs.enqueue(work, SEND, payload, key=str(row["id"]), run_at=row["send_at"], owner_id=row["account_id"])


def _changed(row: Any) -> Any:
    return event("scheduled.changed", describe(row) | {"send_at": row["send_at"]})


def _view(row: Any, models: ScheduleModels) -> dict[str, Any]:
    """Returns a scheduled message as its author sees it."""
    body = orjson.loads(row["body"])
    defaults = {
        name: field.get_default(call_default_factory=True) for name, field in models.message.model_fields.items()
    }
    fields = {name: body.get(name, default) for name, default in defaults.items() if name != "client_msg_id"}
    return {
        **fields,
        "id": row["id"],
        "chat_id": row["chat_id"],
        "client_msg_id": row["client_msg_id"],
        "send_at": row["send_at"],
        "state": row["state"],
        "failure": {"code": row["code"], "detail": row["detail"]} if row["code"] else None,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _check_time(send_at: datetime, at: datetime) -> None:
    if send_at <= at:
        raise ValidationFailed(("body", "send_at"), "must be in the future")


async def _check_message(
    raw: Connection, request: MessageCreate, parts: MessageParts, chat_id: UUID, membership: Membership, at: datetime
) -> None:
    """Refuses at once what could not be sent now. Parts lock what the message names until the commit."""
    await check_send(raw, parts, chat_id, membership, request, at)
    member = (chat_id, membership.chat_type, membership.account_id, membership.role, membership.last_seq)
    (values,) = await parts.prepare(raw, [PartInput(*member, request, parts.for_send(request, {}), {})], at)
    if isinstance(values, ServiceError):
        raise values
    if request.reply_to_seq is not None and not 1 <= request.reply_to_seq <= membership.last_seq:
        raise NoMessageToReplyTo


def digest_of(request: MessageCreate, *, exclude_defaults: bool = True) -> bytes:
    """Returns the digest by which a repeated request is recognized.

    Without the defaults it stays the same when a module that adds a field is switched on or off.
    """
    body = request.model_dump(mode="json", exclude={"client_msg_id"}, exclude_defaults=exclude_defaults)
    return blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


async def _list_values(context: Context, part: str, sender_ids: Sequence[UUID]) -> list[Any]:
    return await db.list_values(context.connection, part, sender_ids)


UNSENT = UnsentMessages("schedules", _list_values)
