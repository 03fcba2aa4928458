"""Handles events by one subscriber, in transactions that also move its cursors."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from uuid import UUID

from loguru import logger

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.adapters.errors import TransientDatabaseError
from app.modules.streams_module.db.cruds import subscribers as crud
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext, make_event
from app.modules.streams_module.services import metrics
from app.modules.streams_module.services.log import now
from app.modules.streams_module.services.subscribers.calls import NO_FAILURE, Outcome, call_handler, call_rebuild
from app.modules.streams_module.services.subscribers.recent import RecentEvents, StoredEvent
from app.utils.container import Container

EVENTS_AT_ONCE = 200
"""Events of one stream per transaction."""
_FEWER_AND_FEWER = (EVENTS_AT_ONCE, 50, 10, 3, 1)
"""Events in the attempts at a stream of which one event fails. Those before it are handled in few transactions."""
BACKOFF = (0.5, 2.0, 8.0, 30.0)
"""Seconds after each failed attempt except the last one."""
_END_OF_STREAM = "chat.deleted"
"""The only event that is kept of a purged stream."""


class _RunsAlone(Exception):
    """The handler locks a stream. It must be alone in its transaction, otherwise the lock order is broken."""


class Handling:
    """Calls the handlers of subscribers. A lock of the cursor admits one process per stream and subscriber."""

    def __init__(self, database: Database, container: Container, recent: RecentEvents) -> None:
        self._database = database
        self._container = container
        self._recent = recent
        # Names of subscribers whose handlers lock streams.
        self._alone: set[str] = set()

    async def handle(self, subscriber: Subscriber, stream_ids: Sequence[UUID]) -> Outcome:
        """Handles the next events of each stream. Raises the errors of NO_FAILURE."""
        if len(stream_ids) == 1:
            return await self._handle_one(subscriber, stream_ids[0])
        parts = [[stream_id] for stream_id in stream_ids]
        if subscriber.name not in self._alone:
            outcome = Outcome()
            try:
                await self._transact(subscriber, stream_ids, outcome)
            except NO_FAILURE:
                raise
            except _RunsAlone:
                self._alone.add(subscriber.name)
            except Exception as error:  # noqa: BLE001 - bisect to find the stream that fails
                logger.debug(
                    "subscriber {}: {} streams failed together and are handled in parts: {!r}",
                    subscriber.name,
                    len(parts),
                    error,
                )
                if not outcome.is_late:
                    middle = len(stream_ids) // 2
                    parts = [list(stream_ids[:middle]), list(stream_ids[middle:])]
            else:
                return outcome
        outcome = Outcome()
        for part in parts:
            outcome.add(await self.handle(subscriber, part))
        return outcome

    async def _handle_one(self, subscriber: Subscriber, stream_id: UUID) -> Outcome:
        """Handles events of one stream. After a failure it tries fewer of them, in the end the failing one alone."""
        events = _FEWER_AND_FEWER[0] + 1
        for limit in _FEWER_AND_FEWER:
            if limit >= events:
                # The same events again.
                continue
            outcome = Outcome()
            try:
                await self._transact(subscriber, [stream_id], outcome, limit)
            except NO_FAILURE:
                raise
            except Exception as error:  # noqa: BLE001 - it counts as a failed attempt; the other streams continue
                events = outcome.events
                if events <= 1:
                    await self._fail(subscriber, stream_id, error, is_rebuild=outcome.is_rebuild)
                    break
            else:
                return outcome
        return Outcome()

    async def _transact(
        self, subscriber: Subscriber, stream_ids: Sequence[UUID], outcome: Outcome, limit: int = EVENTS_AT_ONCE
    ) -> None:
        """Handles events of streams in one transaction, and completes the outcome.

        `limit`: maximum of matching events of each stream.
        """
        try:
            await self._handle_in_transaction(subscriber, stream_ids, outcome, limit)
        except TransientDatabaseError as error:
            failure = outcome.find_failure(error)
            if failure is None:
                raise
            raise failure from error

    async def _handle_in_transaction(
        self, subscriber: Subscriber, stream_ids: Sequence[UUID], outcome: Outcome, limit: int
    ) -> None:
        async with open_unit_of_work(self._database) as work:
            if len(stream_ids) > 1:
                work.before_stream_lock = _refuse
            raw = await work.raw()
            claimed = await crud.claim(raw, stream_ids, subscriber.name)
            outcome.taken = set(stream_ids) - {row["stream_id"] for row in claimed}
            afters = {row["stream_id"]: row["seq"] for row in claimed}
            parts = await self._recent.read(raw, afters, EVENTS_AT_ONCE)
            emptied = await crud.read_emptied(raw, [stream_id for stream_id in afters if not parts[stream_id].events])
            # Fewer events at once stay in the processor's cache.
            at_least = EVENTS_AT_ONCE if subscriber.across_streams else 1
            outcome.calling_since = monotonic()
            events: list[Event] = []
            for stream_id, after in afters.items():
                rows, has_more = parts[stream_id]
                if has_more and not rows:
                    # Not read: the events of the other streams are large.
                    outcome.more.add(stream_id)
                    continue
                head = max(emptied.get(stream_id, after), after)
                missing = _last_missing(rows, head)
                if missing > after and subscriber.rebuild is not None:
                    # Without the next events: the stream stays rebuilt if these fail.
                    outcome.is_rebuild = True
                    context = SubscriberContext(raw, self._container, now(), work, stream_id)
                    await call_rebuild(subscriber.rebuild, context, missing)
                    outcome.seqs[stream_id] = missing
                    outcome.more.add(stream_id)
                    continue
                given = _cut(subscriber, rows, limit)
                if has_more or len(given) < len(rows):
                    outcome.more.add(stream_id)
                events += [make_event(stream_id, *row) for row in given if subscriber.wants[row.kind]]
                if len(events) >= at_least:
                    await self._call(subscriber, work, raw, events, outcome)
                    events = []
                # Reading the JSON of 200 events takes a millisecond: other tasks run between two streams.
                await asyncio.sleep(0)
                outcome.seqs[stream_id] = given[-1].seq if given else head
            if events:
                await self._call(subscriber, work, raw, events, outcome)
            await crud.move(raw, subscriber.name, outcome.seqs)
        if outcome.events:
            metrics.SUBSCRIBER_EVENTS.labels(subscriber.name, "handled").inc(outcome.events)

    async def _call(
        self, subscriber: Subscriber, work: UnitOfWork, raw: Connection, events: Sequence[Event], outcome: Outcome
    ) -> None:
        outcome.events += len(events)
        context = SubscriberContext(raw, self._container, now(), work, events[0].stream_id)
        await call_handler(subscriber, context, events, outcome)

    async def _fail(self, subscriber: Subscriber, stream_id: UUID, error: Exception, *, is_rebuild: bool) -> None:
        """Counts a failure. After the last attempt the event is set aside, or the stream halts.

        Attempts are unlimited after a transient database error (a lock, a statement timeout), because it may pass, and
        at a rebuild where the stream does not halt: there is no event to set aside.
        """
        halts = subscriber.on_failure == "stop"
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            claimed = await crud.claim(raw, [stream_id], subscriber.name)
            if not claimed:
                return
            attempts, seq = claimed[0]["attempts"], claimed[0]["seq"]
            metrics.SUBSCRIBER_EVENTS.labels(subscriber.name, "failed").inc()
            is_endless = isinstance(error, TransientDatabaseError) or (is_rebuild and not halts)
            if attempts < len(BACKOFF) or is_endless:
                pause = BACKOFF[min(attempts, len(BACKOFF) - 1)]
                await crud.note_failure(raw, stream_id, subscriber.name, seq, pause)
                logger.warning(
                    "subscriber {} failed in stream {} after {}: {!r}", subscriber.name, stream_id, seq, error
                )
                return
            found = await self._recent.read(raw, {stream_id: seq}, EVENTS_AT_ONCE)
            rows = _cut(subscriber, found[stream_id].events, 1)
            failed = rows[-1].seq if rows and not is_rebuild else seq + 1
            if halts:
                await crud.halt(raw, stream_id, subscriber.name, failed)
            else:
                await crud.set_aside(raw, stream_id, subscriber.name, failed, repr(error))
        logger.opt(exception=error).error(
            "subscriber {} gave up {} of stream {} ({})",
            subscriber.name,
            "the rebuild" if is_rebuild else f"event {failed}",
            stream_id,
            "the stream halts" if halts else "the event is set aside",
        )


def _refuse() -> None:
    raise _RunsAlone


def _cut(subscriber: Subscriber, rows: Sequence[StoredEvent], limit: int) -> Sequence[StoredEvent]:
    """Returns the rows up to the `limit`-th one that the subscriber handles."""
    matching = 0
    for place, row in enumerate(rows, 1):
        matching += subscriber.wants[row.kind]
        if matching == limit:
            return rows[:place]
    return rows


def _last_missing(rows: Sequence[StoredEvent], head: int) -> int:
    """Returns the last number before the next event. `head`: the cursor, or the last number of an emptied log."""
    return rows[0].seq - 1 if rows and rows[0].kind != _END_OF_STREAM else head
