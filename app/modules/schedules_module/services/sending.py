"""The job that sends a scheduled message: at its time, and exactly once.

1. The row becomes `sending` in a transaction of its own. Its author can no longer edit or cancel it.
2. The message is posted with the `client_msg_id` of the row. After a crash the job runs again; then it is a replay.
3. The row is deleted, or keeps the reason of the refusal.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import list_absent
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.services.access import find_membership
from app.modules.jobs_module.extension import Job, JobContext, Lane, RetryAfter, RetryAt
from app.modules.messages_module.errors import IdempotencyMismatch
from app.modules.messages_module.extension import Messages
from app.modules.messages_module.schemas import MessageCreate
from app.modules.schedules_module import db
from app.modules.schedules_module.errors import AuthorIsLeaving, CouldNotBeSent
from app.modules.schedules_module.schemas import ScheduleModels, schedule_models
from app.modules.streams_module.services.log import Log, event
from app.services.context import Context
from app.services.errors import Category, ServiceError, ValidationFailed
from app.utils.module import Modules

SENDING = Lane("schedules", 16)
"""Most of the time a send waits for its batch, and many are due at a full hour."""
_TEMPORARY = {Category.UNAVAILABLE, Category.RATE_LIMITED}


class ToSend(BaseModel):
    chat_id: UUID
    account_id: UUID
    id: UUID


async def _send(context: JobContext, scheduled: ToSend) -> None:
    key = (scheduled.chat_id, scheduled.account_id, scheduled.id)
    async with context.unit_of_work() as work:
        raw = await work.raw()
        row = await db.begin(raw, *key)
        if row is None:
            left = await db.find(raw, *key)
            if left is None or left["state"] == "failed":
                return
            raise RetryAt(left["send_at"])
        is_member = await _is_member(raw, row)
        is_leaving = bool(await list_absent(Context(raw, context.container, context.at), [scheduled.account_id]))
    try:
        if not is_member:
            raise ChatNotFound
        if is_leaving:
            raise AuthorIsLeaving
        seq = await _post(context, row)
    except ServiceError as refusal:
        if refusal.category in _TEMPORARY:
            raise RetryAfter(refusal.retry_after or 1) from None
        async with context.unit_of_work() as work:
            await _fail(work, context.container.get(Log), row, refusal)
    else:
        async with context.unit_of_work() as work:
            await _complete(work, context.container.get(Log), row, seq)


async def _end(context: JobContext, scheduled: ToSend) -> None:
    """All attempts have failed. Its author may edit or delete the message, or choose another time."""
    async with context.unit_of_work() as work:
        row = await db.begin(await work.raw(), scheduled.chat_id, scheduled.account_id, scheduled.id)
    if row is None:
        return
    async with context.unit_of_work() as work:
        refusal = CouldNotBeSent() if await _is_member(await work.raw(), row) else ChatNotFound()
        await _fail(work, context.container.get(Log), row, refusal)


async def _is_member(raw: Connection, row: Any) -> bool:
    """Returns False if the membership in which the message was scheduled has ended, also if there is a later one."""
    membership = await find_membership(raw, row["chat_id"], row["account_id"])
    return membership is not None and membership.joined_event_seq == row["joined_event_seq"]


async def _post(context: JobContext, row: Any) -> int:
    """Sends the message and returns its number. It is the same at each attempt."""
    models = schedule_models(context.container.get(Modules))
    request = as_message({**orjson.loads(row["body"]), "client_msg_id": row["client_msg_id"]}, models)
    messages = context.container.get(Messages)  # type: ignore[type-abstract]
    sent = await messages.post(row["chat_id"], row["account_id"], request)
    return int(orjson.loads(sent.body)["seq"])


def as_message(body: Mapping[str, Any], models: ScheduleModels) -> MessageCreate:
    """Returns the message that a stored body describes. Raises ValidationFailed."""
    try:
        return models.message.model_validate(body)
    except ValidationError as error:
        # A module was switched off after the message was scheduled.
        raise ValidationFailed(("body", *error.errors()[0]["loc"]), error.errors()[0]["msg"]) from None


async def _complete(work: UnitOfWork, log: Log, row: Any, seq: int) -> None:
    await log.lock(work, accounts=[row["account_id"]])
    if await db.delete(await work.raw(), row["chat_id"], row["account_id"], row["id"]):
        await log.append(work, row["account_id"], event("scheduled.sent", {**describe(row), "seq": seq}))


async def _fail(work: UnitOfWork, log: Log, row: Any, refusal: ServiceError) -> None:
    """Keeps the message for its author, who may edit it; outside of the chat nothing can be done with it."""
    await log.lock(work, accounts=[row["account_id"]])
    raw, key = await work.raw(), (row["chat_id"], row["account_id"], row["id"])
    if not isinstance(refusal, IdempotencyMismatch):
        # An earlier attempt may have sent it. After a mismatch, the message with its id is another one of its author.
        seq = await db.find_sent(raw, row["chat_id"], row["account_id"], row["client_msg_id"])
        if seq is not None:
            await _complete(work, log, row, seq)
            return
    if isinstance(refusal, ChatNotFound):
        is_changed = await db.delete(raw, *key)
    else:
        is_changed = await db.fail(raw, *key, refusal.code, refusal.detail)
    if is_changed:
        await log.append(work, row["account_id"], failed(row, refusal))


def describe(row: Any) -> dict[str, Any]:
    """Returns the fields that all events about a scheduled message have."""
    return {"chat_id": row["chat_id"], "id": row["id"], "client_msg_id": row["client_msg_id"]}


def failed(row: Any, refusal: ServiceError) -> Any:
    about = {"send_at": row["send_at"], "code": refusal.code, "detail": refusal.detail}
    return event("scheduled.failed", describe(row) | about)


SEND = Job("schedules.send", ToSend, _send, lane=SENDING.name, on_dead=_end)
