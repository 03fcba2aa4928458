"""The job that posts the events of one stream to one webhook, in order: the next one after the last was accepted.

1. A transaction holds the cursor for this job, checks all rights, and finds the next event.
2. The event is posted. No transaction is open, no lock is held.
3. A second transaction moves the cursor, or plans the next attempt. If the process ends before it, the event is posted
   again, with the same `webhook-id`.
"""

from datetime import timedelta
from enum import Enum, auto
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.clients.http import HttpClient
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.jobs_module.extension import Job, JobContext, Jobs, RetryAfter, RetryAt
from app.modules.jobs_module.services.turns import Turns
from app.modules.streams_module.extension import Event, read_events
from app.modules.streams_module.services.log import now
from app.modules.webhooks_module.db.cruds import coverage, cursors, deliveries, webhooks
from app.modules.webhooks_module.db.cruds.cursors import WINDOW
from app.modules.webhooks_module.db.cruds.deliveries import Attempt
from app.modules.webhooks_module.errors import SecretLost
from app.modules.webhooks_module.schemas import ServerReason
from app.modules.webhooks_module.services import metrics
from app.modules.webhooks_module.services.ending import end_with_key, pause
from app.modules.webhooks_module.services.jobs import POSTING, ToPost
from app.modules.webhooks_module.services.posting import Answer, body_of, message_id_of, post
from app.modules.webhooks_module.services.rights import find_readable, may_post
from app.modules.webhooks_module.services.secrets import Secrets
from app.services.context import Context, work_context
from app.settings.egress_settings import EgressSettings

PAUSES = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds after each failed attempt. After the one that follows the last pause, the webhook is paused."""
_EVENTS_DELETED = "events_deleted"
_EVENTS_AT_ONCE = 100
_SECONDS_AT_ONCE = 5.0
"""After so many events or this time, other jobs get the slot."""
_OF_WEBHOOK = 4
_OF_ACCOUNT = 8
"""So many requests to one webhook, and for one account, a process has open at the same time."""
_BUSY = 1.0
"""Seconds until a job looks again that found its cursor taken."""
_MARGIN = 10.0
"""Seconds that the job holds its cursor beyond the longest request."""


class Next(NamedTuple):
    """An event to post. `attempt`: number of this attempt, from 1."""

    webhook: Any
    event: Event
    attempt: int


class Step(Enum):
    """`DONE`: there is nothing to post at present. `PASSED`: the cursor has passed events that are not posted."""

    DONE = auto()
    PASSED = auto()


async def _deliver(context: JobContext, to_post: ToPost) -> None:
    await context.container.get(Secrets).prepare()
    # In this order: what waits for a slow receiver takes nothing from the other webhooks of its account.
    limits = ((to_post.webhook_id, _OF_WEBHOOK), (to_post.account_id, _OF_ACCOUNT))
    async with context.container.get(Turns).taking(POSTING, *limits):
        is_done = await _post_some(context, to_post)
    async with context.unit_of_work() as work:
        await cursors.release(await work.raw(), to_post.stream_id, to_post.webhook_id, context.job_id)
        jobs = context.container.get(Jobs)
        if is_done:
            # A job that found the cursor held waits for a second.
            await jobs.reschedule(work, DELIVER, to_post.key, owner_id=to_post.account_id)
        else:
            await jobs.enqueue(work, DELIVER, *to_post.new_job)


async def wake(work: UnitOfWork, jobs: Jobs, to_post: ToPost) -> None:
    """Runs the job that posts the next events of a stream at once, also if it waits for its next attempt."""
    if not await jobs.reschedule(work, DELIVER, to_post.key, owner_id=to_post.account_id):
        await jobs.enqueue(work, DELIVER, *to_post.new_job)


async def _post_some(context: JobContext, to_post: ToPost) -> bool:
    """Posts some of the next events. Returns True if there are no more."""
    ends_at = monotonic() + _SECONDS_AT_ONCE
    for _ in range(_EVENTS_AT_ONCE):
        found = await _find_next(context, to_post)
        if found is Step.DONE:
            return True
        if isinstance(found, Next):
            await _post(context, to_post, found)
        if monotonic() > ends_at:
            return False
    return False


async def _find_next(context: JobContext, to_post: ToPost) -> Next | Step:
    async with context.unit_of_work() as work:
        given = await work_context(work, context.container, now())
        webhook = await webhooks.find_whole(given.connection, to_post.account_id, to_post.webhook_id)
        if webhook is None or await end_with_key(given, webhook):
            return Step.DONE
        if webhook["state"] != "active" or not await may_post(given, webhook):
            return Step.DONE
        return await _claim_next(context, given, webhook, to_post.stream_id)


async def _claim_next(context: JobContext, given: Context, webhook: Any, stream_id: UUID) -> Next | Step:
    """Holds the cursor and returns the next event. Raises RetryAt or RetryAfter if it is not the time to post it."""
    raw, webhook_id = given.connection, webhook["id"]
    readable = await find_readable(given, webhook, stream_id)
    if readable is None:
        await _forget(given, webhook, stream_id)
        return Step.DONE
    seconds = context.container.get(EgressSettings).timeout_s + _MARGIN
    cursor = await cursors.claim(raw, stream_id, webhook_id, context.job_id, seconds)
    if cursor is None:
        if await cursors.exists(raw, stream_id, webhook_id):
            raise RetryAfter(_BUSY)
        return Step.DONE
    held_at = cursor["held_until"] - timedelta(seconds=seconds)
    if cursor["next_at"] is not None and cursor["next_at"] > held_at:
        raise RetryAt(cursor["next_at"])
    after = max(cursor["seq"], readable.lowest)
    if after < readable.first_seq - 1:
        await _pass_deleted(given, webhook, stream_id, readable.first_seq - 1)
        return Step.PASSED
    through = min(after + WINDOW, readable.last_seq)
    seq = await cursors.find_next(raw, stream_id, after, through, webhook["kinds"], readable.visible)
    if seq is None:
        if through > cursor["seq"]:
            await cursors.replace(raw, stream_id, webhook_id, through)
        return Step.DONE if through >= readable.last_seq else Step.PASSED
    if seq - 1 > cursor["seq"]:
        await cursors.replace(raw, stream_id, webhook_id, seq - 1)
    events = await read_events(raw, stream_id, seq - 1, 1)
    if not events or events[0].seq != seq:
        # Deleted since.
        return Step.PASSED
    return Next(webhook, events[0], cursor["attempts"] + 1)


async def _forget(given: Context, webhook: Any, stream_id: UUID) -> None:
    """Removes the cursor of a stream that the webhook gets nothing of, unless this has changed a moment ago."""
    present = await webhooks.hold_state(given.connection, webhook["account_id"], webhook["id"])
    if present is not None:
        await coverage.remove_unreadable(
            given.connection, present["account_id"], present["id"], present["chat_ids"], [stream_id]
        )


async def _pass_deleted(given: Context, webhook: Any, stream_id: UUID, last_deleted: int) -> None:
    """Moves the cursor past events that the retention has deleted, and lists them as not posted."""
    await cursors.replace(given.connection, stream_id, webhook["id"], last_deleted)
    gap = Attempt(given.at, stream_id, last_deleted, None, 0, None, _EVENTS_DELETED, None)
    await deliveries.insert(given.connection, webhook["account_id"], webhook["id"], gap)
    metrics.DELIVERIES.labels(_EVENTS_DELETED).inc()


async def _post(context: JobContext, to_post: ToPost, found: Next) -> None:
    """Posts an event, and stores what came of it. Raises RetryAt if it must be posted again."""
    webhook, event, attempt = found
    client, secrets = context.container.get(HttpClient), context.container.get(Secrets)
    message_id = message_id_of(to_post.webhook_id, event.stream_id, event.seq)
    try:
        answer = await post(client, secrets, webhook, message_id, body_of(event))
    except SecretLost:
        await _pause(context, found, "secret_lost")
        return
    metrics.DELIVERIES.labels(answer.outcome).inc()
    if answer.is_accepted:
        async with context.unit_of_work() as work:
            raw = await work.raw()
            if await webhooks.hold(raw, to_post.account_id, to_post.webhook_id):
                await cursors.move(raw, event.stream_id, to_post.webhook_id, event.seq - 1, event.seq)
                await deliveries.insert(raw, to_post.account_id, to_post.webhook_id, _attempt(found, answer))
    elif answer.is_gone or attempt > len(PAUSES):
        await _pause(context, found, "gone" if answer.is_gone else "failed", _attempt(found, answer))
    else:
        await _postpone(context, to_post, found, answer)


async def _postpone(context: JobContext, to_post: ToPost, found: Next, answer: Answer) -> None:
    """Plans the next attempt, unless the cursor or the webhook was changed meanwhile. Raises RetryAt."""
    event = found.event
    pause_for = max(PAUSES[found.attempt - 1], answer.retry_after)
    async with context.unit_of_work() as work:
        raw = await work.raw()
        if not await webhooks.hold(raw, to_post.account_id, to_post.webhook_id):
            return
        before = (event.seq - 1, found.attempt - 1)
        next_at = await cursors.postpone(raw, event.stream_id, to_post.webhook_id, before, event.at, pause_for)
        attempt = _attempt(found, answer)._replace(next_at=next_at)
        await deliveries.insert(raw, to_post.account_id, to_post.webhook_id, attempt)
    if next_at is not None:
        raise RetryAt(next_at)


async def _pause(context: JobContext, found: Next, reason: ServerReason, attempt: Attempt | None = None) -> None:
    async with context.unit_of_work() as work:
        await pause(work, context.container, found.webhook, reason, attempt)


def _attempt(found: Next, answer: Answer) -> Attempt:
    event = found.event
    return Attempt(
        answer.at,
        event.stream_id,
        event.seq,
        event.kind,
        found.attempt,
        answer.status,
        answer.error,
        answer.duration_ms,
    )


# The longest request that the settings permit, and what comes before and after it.
DELIVER = Job("webhooks.deliver", ToPost, _deliver, timeout_s=360.0, lane=POSTING.name, takes_turns=True)
