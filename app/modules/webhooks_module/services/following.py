"""Finds events to post: by a subscriber of all kinds, and by a job that looks at all cursors of a webhook."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.adapters.db.sql import read_clock
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Nothing, Schedule
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.log import now
from app.modules.webhooks_module.db.cruds import coverage, cursors, deliveries, webhooks
from app.modules.webhooks_module.services.activity import KNOWN_AFTER, Activity
from app.modules.webhooks_module.services.delivering import DELIVER, wake
from app.modules.webhooks_module.services.ending import end_with_key
from app.modules.webhooks_module.services.jobs import SWEEPING, ToCatchUp, ToPost
from app.modules.webhooks_module.services.rights import find_visible, may_post
from app.services.context import Context, WorkContext, work_context

_JOINS_AND_LEAVES = ("chat.joined", "chat.left")
_AT_ONCE = 200
_STREAMS_AT_ONCE = 50
"""Up to WINDOW events of each of them are read in one statement."""
_KEPT_FOR = timedelta(days=7)
"""Time for which attempts are listed, if they are not too many."""


async def _follow(context: SubscriberContext, events: Sequence[Event]) -> None:
    """Enqueues a job for each webhook that an event is for. Cursors come and go with the chats of their accounts."""
    by_stream: dict[UUID, list[Event]] = defaultdict(list)
    for event in events:
        by_stream[event.stream_id].append(event)
    for stream_id, own in by_stream.items():
        chat_ids = {UUID(str(event.data["chat_id"])) for event in own if event.kind in _JOINS_AND_LEAVES}
        if chat_ids:
            await _cover(context, stream_id, sorted(chat_ids))
    to_post = [
        ToPost(account_id=row["account_id"], webhook_id=row["id"], stream_id=row["stream_id"])
        for row in await cursors.list_followers(context.connection, list(by_stream))
        if any(event.seq > row["seq"] and _wants(row["kinds"], event.kind) for event in by_stream[row["stream_id"]])
    ]
    await _enqueue(context, to_post)


async def _enqueue(context: WorkContext, to_post: Sequence[ToPost]) -> None:
    await context.container.get(Jobs).enqueue_all(context.work, DELIVER, [one.new_job for one in to_post])


async def _cover(context: WorkContext, account_id: UUID, chat_ids: Sequence[UUID]) -> None:
    """Adds cursors for chats that the account has joined, and removes those of chats that it has left."""
    for listed in await webhooks.list_of(context.connection, account_id, None):
        webhook = await webhooks.hold_state(context.connection, account_id, listed["id"])
        if webhook is None:
            continue
        webhook_id, own = webhook["id"], webhook["chat_ids"]
        joined = [chat_id for chat_id in chat_ids if own is None or chat_id in own]
        await coverage.remove_unreadable(context.connection, account_id, webhook_id, own, chat_ids)
        added = await coverage.add(context.connection, account_id, webhook_id, joined, at_heads=False)
        # Events of a chat may be handled before the one that says who has joined it.
        if webhook["state"] == "active":
            to_post = [ToPost(account_id=account_id, webhook_id=webhook_id, stream_id=chat_id) for chat_id in added]
            await _enqueue(context, to_post)


def _wants(kinds: Sequence[str] | None, kind: str) -> bool:
    return kinds is None or kind in kinds or f"{kind.partition('.')[0]}.*" in kinds


async def catch_up_soon(work: UnitOfWork, jobs: Jobs, account_id: UUID, webhook_id: UUID) -> None:
    """Looks for events now, and once more when all processes know that the webhook is active.

    Until then a process may pass over events without looking for webhooks.
    """
    look = ToCatchUp(account_id=account_id, webhook_id=webhook_id).new_job
    await jobs.enqueue(work, CATCH_UP, *look)
    again, again_at = f"{webhook_id}:again", await read_clock(await work.raw()) + timedelta(seconds=KNOWN_AFTER)
    if not await jobs.reschedule(work, CATCH_UP, again, again_at, owner_id=account_id):
        await jobs.enqueue(work, CATCH_UP, *look._replace(key=again, run_at=again_at))


async def _catch_up(context: JobContext, payload: ToCatchUp) -> None:
    """Looks at all streams of a webhook: for chats without a cursor, and for events that no job posts."""
    account_id, webhook_id = payload.account_id, payload.webhook_id
    async with context.unit_of_work() as work:
        given = await work_context(work, context.container, now())
        webhook = await webhooks.find_whole(given.connection, account_id, webhook_id)
        if webhook is None or await end_with_key(given, webhook):
            return
    after: UUID | None = UUID(int=0)
    while after is not None:
        after = await _catch_up_from(context, account_id, webhook_id, after)


async def _catch_up_from(context: JobContext, account_id: UUID, webhook_id: UUID, after: UUID) -> UUID | None:
    """Looks at some streams. Returns the last of them, or None if there are no more."""
    async with context.unit_of_work() as work:
        given = Context(await work.raw(), context.container, now())
        raw = given.connection
        webhook = await webhooks.hold_state(raw, account_id, webhook_id)
        if webhook is None or webhook["state"] != "active" or not await may_post(given, webhook):
            return None
        if not after.int:
            await coverage.remove_unreadable(raw, account_id, webhook_id, webhook["chat_ids"])
            await coverage.add(raw, account_id, webhook_id, webhook["chat_ids"], at_heads=False)
        kinds, visible = webhook["kinds"], find_visible(given, webhook)
        rows = await cursors.list_behind(raw, account_id, webhook_id, after, kinds, visible, _STREAMS_AT_ONCE)
        for row in rows:
            if row["is_to_post"]:
                to_post = ToPost(account_id=account_id, webhook_id=webhook_id, stream_id=row["stream_id"])
                await wake(work, context.container.get(Jobs), to_post)
            else:
                await cursors.move(raw, row["stream_id"], webhook_id, row["seq"], row["last_seq"])
    return rows[-1]["stream_id"] if len(rows) == _STREAMS_AT_ONCE else None


async def _sweep(context: JobContext, _: Nothing) -> None:
    """Enqueues a look at each webhook: for what a process or a switched-off module has missed, and for ended keys."""
    after, found = (UUID(int=0), UUID(int=0)), _AT_ONCE
    while found == _AT_ONCE:
        async with context.unit_of_work() as work:
            rows = await webhooks.list_to_sweep(await work.raw(), after, _AT_ONCE)
            new = [ToCatchUp(account_id=account_id, webhook_id=webhook_id).new_job for account_id, webhook_id in rows]
            await context.container.get(Jobs).enqueue_all(work, SWEEP_ONE, new)
        found = len(rows)
        after = rows[-1] if rows else after


async def _delete_old(context: JobContext, _: Nothing) -> None:
    await context.delete_in_chunks(deliveries.DELETE_OLD, context.at - _KEPT_FOR)


FOLLOW = Subscriber("webhooks", (), _follow, across_streams=True, every_kind=True, is_idle=Activity.is_idle_in)
CATCH_UP = Job("webhooks.catch_up", ToCatchUp, _catch_up)
SWEEP_ONE = Job("webhooks.sweep_one", ToCatchUp, _catch_up, lane=SWEEPING.name)
SWEEP = Job("webhooks.sweep", Nothing, _sweep)
SWEEP_HOURLY = Schedule(SWEEP, timedelta(hours=1))
DELETE_OLD = Job("webhooks.delete_old", Nothing, _delete_old)
DELETE_OLD_HOURLY = Schedule(DELETE_OLD, timedelta(hours=1))
