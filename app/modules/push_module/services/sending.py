"""The job that brings one device up to date: it sends what is due, one notification after the other.

Each device has a job of its own, so a push service that hangs delays no other device. What is due is in the database:
a notification is noted as shown before it is sent, and as sent afterwards. After a crash it is sent again, with the
same tag.
"""

from datetime import timedelta
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from loguru import logger
from pydantic import BaseModel

from app.adapters.clients.http import HttpClient
from app.adapters.db.connection import Connection
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Lane, NewJob, RetryAfter
from app.modules.jobs_module.services.turns import Turns
from app.modules.mail_module.settings import MailSettings
from app.modules.messages_module.services.lines import line_of
from app.modules.notifications_module.services.settings import read_settings
from app.modules.push_module.db.cruds import sending as crud
from app.modules.push_module.db.cruds.keys import StoredKey
from app.modules.push_module.db.cruds.planning import NewMessage
from app.modules.push_module.db.cruds.sending import Device
from app.modules.push_module.db.cruds.subscriptions import delete_notifications
from app.modules.push_module.services import metrics
from app.modules.push_module.services.choosing import choose
from app.modules.push_module.services.composing import Notification, clear, show
from app.modules.push_module.services.keys import find_or_make_key
from app.modules.push_module.services.subscriptions import end
from app.modules.push_module.services.web_push import Pushed, push
from app.modules.push_module.settings import PushSettings, contact_of
from app.modules.streams_module.services.log import Log
from app.services.context import Context
from app.settings.app_settings import AppSettings
from app.settings.egress_settings import EgressSettings
from app.utils.module import Modules

SENDING = Lane("push", 32)
"""Most of the time a job waits for a push service."""
LIFETIME = timedelta(hours=24)
"""How long a push service keeps a notification, and how long the server tries to send it."""
_BACKOFF = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
_CLEAR_ATTEMPTS = 28
"""With the pauses above the last one is a day after the first. A message is dropped by its age."""
SECONDS_AT_ONCE = 5.0
"""After this time, other jobs get the slot."""
_OF_ACCOUNT = 4
"""So many devices of one account a process sends to at the same time."""
_MARGIN = 60.0
"""Seconds beside those of one notification for which a job reserves its device."""
_LOOK_AGAIN = 0.5
"""Seconds after which a job looks again at a device that another one has taken."""
_REQUESTS = 3
"""The most that a notification takes: a shorter one follows one that is too large."""


class ToDevice(BaseModel):
    account_id: UUID
    subscription_id: UUID


class Step(NamedTuple):
    """The next notification of a device. `key`: with which the request is signed."""

    device: Device
    notification: Notification
    key: StoredKey
    ttl: int


async def _send(context: JobContext, to: ToDevice) -> None:
    async with context.container.get(Turns).taking(SENDING, (to.account_id, _OF_ACCOUNT)):
        is_done = await _send_some(context, to)
    if not is_done:
        async with context.unit_of_work() as work:
            jobs = context.container.get(Jobs)
            await jobs.enqueue(work, SEND, *to_device(to.account_id, to.subscription_id))


async def _send_some(context: JobContext, to: ToDevice) -> bool:
    """Sends some of the next notifications. Returns True if there are no more."""
    ends_at = monotonic() + SECONDS_AT_ONCE
    while (step := await _prepare(context, to)) is not None:
        contact = contact_of(context.container.get(PushSettings), context.container.get(AppSettings))
        client = context.container.get(HttpClient)
        pushed = await push(client, step.key, contact, step.device, step.notification, step.ttl)
        metrics.PUSHES.labels(step.notification.kind, pushed.outcome).inc()
        await _settle(context, step, pushed)
        if monotonic() > ends_at:
            return False
    return True


async def _prepare(context: JobContext, to: ToDevice) -> Step | None:
    """Reserves the device and returns its next notification, None if nothing is due. Drops what is outdated."""
    seconds = _REQUESTS * context.container.get(EgressSettings).timeout_s + _MARGIN
    async with context.unit_of_work() as work:
        raw, at = await work.raw(), context.at
        device = await crud.take(raw, to.account_id, to.subscription_id, context.job_id, at, seconds)
        if device is None:
            wait = await crud.find_wait(raw, to.account_id, to.subscription_id, at)
            if wait is not None:
                raise RetryAfter(_LOOK_AGAIN if wait.is_taken else wait.seconds)
            await delete_notifications(raw, to.account_id, to.subscription_id)
            return None
        while (row := await crud.find_next(raw, device.account_id, device.id)) is not None:
            notification = await _compose(context, raw, device, row)
            if notification is not None:
                age = at - row["created_at"] if row["due"] == "message" else timedelta(0)
                ttl = int((LIFETIME - max(age, timedelta(0))).total_seconds())
                return Step(device, notification, await find_or_make_key(raw), ttl)
        await crud.release(raw, device, context.job_id, device.failures, 0.0)
        return None


async def _compose(context: JobContext, raw: Connection, device: Device, row: Any) -> Notification | None:
    """Returns the notification as it is now. None if the device is not to get it any more: it is no longer due then."""
    place = (row["chat_id"], device.account_id, device.id, row["seq"])
    if row["due"] == "clear":
        return clear(row["chat_id"], row["seq"], await crud.count_unread_chats(raw, device.account_id))
    if await _is_due(context, raw, device, row):
        if not await crud.note_shown(raw, *place):
            return None
        modules = context.container.get(Modules)
        settings = await read_settings(raw, modules, device.account_id)
        language = settings["language"] or context.container.get(MailSettings).language
        badge = await crud.count_unread_chats(raw, device.account_id)
        line = line_of(modules, row["text"], row["parts"])
        return show(row, line, badge=badge, preview=settings["preview"], language=language)
    metrics.PUSHES.labels("message", "skipped").inc()
    if not row["is_shown"]:
        await crud.remove(raw, *place, "message")
    else:
        # The device shows an earlier message of the chat, or got this one in an attempt whose end is not known.
        is_read = row["read_seq"] is None or row["read_seq"] >= row["seq"]
        await crud.settle(raw, *place, "message", "clear" if is_read else None)
    return None


async def _is_due(context: JobContext, raw: Connection, device: Device, row: Any) -> bool:
    """Returns True if the message is still there and unread, and the account is to be notified of it."""
    if row["read_seq"] is None or row["sender_id"] is None or row["created_at"] < context.at - LIFETIME:
        return False
    message = NewMessage(row["seq"], row["sender_id"], row["created_at"])
    reading = Context(raw, context.container, context.at)
    return bool(await choose(reading, row["chat_id"], row["type"], [message], {device.account_id: row["read_seq"]}))


async def _settle(context: JobContext, step: Step, pushed: Pushed) -> None:
    """Writes what came of a request. Raises RetryAfter if it is to be repeated."""
    device, sent = step.device, step.notification
    place = (sent.chat_id, device.account_id, device.id, sent.seq)
    pause = 0.0
    async with context.unit_of_work() as work:
        raw = await work.raw()
        if pushed.outcome == "gone":
            log = context.container.get(Log)
            await log.lock(work, accounts=[device.account_id])
            await end(work, log, device.account_id, device.id, "gone")
        elif pushed.outcome == "deferred" and not (sent.kind == "clear" and device.failures >= _CLEAR_ATTEMPTS):
            pause = pushed.pause or _BACKOFF[min(device.failures, len(_BACKOFF) - 1)]
            await crud.release(raw, device, context.job_id, device.failures + 1, pause)
        else:
            if sent.kind == "clear":
                await crud.remove(raw, *place, "clear")
            else:
                await crud.settle(raw, *place, "message", None)
            await crud.release(raw, device, context.job_id, 0, 0.0)
    if pushed.outcome == "refused":
        logger.warning("a push service refused a notification of device {}: {}", device.id, pushed.detail)
    if pause:
        raise RetryAfter(pause)


def to_device(account_id: UUID, subscription_id: UUID) -> NewJob:
    """Returns the job that brings a device up to date."""
    payload = ToDevice(account_id=account_id, subscription_id=subscription_id)
    return NewJob(payload, key=str(subscription_id), owner_id=account_id)


# The longest requests that the settings permit, and what comes before and after them.
SEND = Job("push.send", ToDevice, _send, timeout_s=1_000.0, lane=SENDING.name, takes_turns=True)
