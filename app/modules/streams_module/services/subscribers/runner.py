"""The subscriber runner of one process: one task finds streams with events to handle, one per subscriber handles them.

A subscriber that is slow or fails delays no other one.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.streams_module.db.cruds import subscribers as crud
from app.modules.streams_module.extension import LeftToOthers, Subscriber
from app.modules.streams_module.services.subscribers.cursor_cache import CursorCache
from app.modules.streams_module.services.subscribers.finding import Finding
from app.modules.streams_module.services.subscribers.handling import Handling
from app.modules.streams_module.services.subscribers.recent import NOTED_KIND, RecentEvents
from app.modules.streams_module.services.subscribers.registration import register
from app.modules.streams_module.services.subscribers.retrying import retry_failure
from app.modules.streams_module.services.subscribers.stream_queue import StreamQueue
from app.modules.streams_module.services.subscribers.sweep import Sweep
from app.utils.background import running, wait_at_most
from app.utils.container import Container
from app.utils.tracing import SpanDetails

_AT_ONCE = 3
"""Subscribers that handle events at the same time. The others wait for their turn."""
_GATHER = 0.02
"""Seconds in which notifications are collected, so that one transaction handles many streams."""
_ROUND = 0.1
"""Minimum seconds between two rounds of finding, unless a round is full. Under a steady flow of notifications fewer,
larger rounds cost less.
"""
_STREAMS_IN_ROUND = 100
_STREAMS_IN_TRANSACTION = 25
_TAKE_OVER = 0.2
"""Seconds after which this process looks at events of a process without these subscribers, which several others may do,
and again at a stream that another process has locked."""
_FLUSH_PERIOD = 30.0
_FLUSHED_AT_ONCE = 1_000
"""Streams whose skipped events are stored by one transaction."""
_PAUSE = 0.5
_LAST_FLUSH = 1.0
"""Seconds in which cursors may be stored at shutdown."""
_REGISTRATION = 5.0
"""Seconds for which the start of the application waits for the registration of subscribers."""
_MAX_WAITING = 200_000
"""Streams that may wait. The sweep finds those beyond this number."""


class Subscribers:
    """Runs subscribers: for each notified stream, reads the kinds of its new events, and handles the matching ones."""

    def __init__(self, database: Database, bus: Bus, container: Container, subscribers: Sequence[Subscriber]) -> None:
        self._database = database
        self._container = container
        self._subscribers = {subscriber.name: subscriber for subscriber in subscribers}
        self._recent = RecentEvents()
        self._handling = Handling(database, container, self._recent)
        self._handle = database.tracing.traced("subscriber", self._handling.handle, _span_details, is_root=True)
        self._cursors = CursorCache(list(self._subscribers))
        self._finding = Finding(database, container, self._subscribers, self._cursors)
        self._digest = digest_of(subscribers)
        self._sweep = Sweep(database, list(self._subscribers), self._digest, self._has_room, self._add_backlog)
        self._notified = StreamQueue()
        self._due = {name: StreamQueue() for name in self._subscribers}
        self._turns = asyncio.Semaphore(_AT_ONCE)
        # Set after the first attempt, even a failed one.
        self._is_registered = asyncio.Event()
        # (time, stream) of streams that are added to the backlog at that time.
        self._later: list[tuple[float, UUID]] = []
        self._bus = bus

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Runs workers, retries and the sweep for the lifetime of the application.

        Events appended inside the block are after the registration, unless it takes too long or fails.
        """
        if not self._subscribers:
            yield
            return
        # Registered only here: a process without subscribers pays nothing for notifications.
        self._bus.on_stream_heads(self._on_own_heads, own=True)
        self._bus.on_stream_heads(self._on_other_heads, own=False, handled=False)
        self._bus.on_reconnect(self._sweep.run_soon)
        handling = (self._keep_handling(subscriber) for subscriber in self._subscribers.values())
        others = (self._keep_finding(), self._keep_flushing(), self._keep_retrying(), self._sweep.run())
        async with running(*handling, *others):
            await wait_at_most(_REGISTRATION, self._is_registered.wait())
            self._bus.handled_by = self._digest
            yield
            self._bus.handled_by = ""
        # Cursors that are not stored are computed again, so shutdown does not wait long for a database that hangs.
        with suppress(Exception):
            async with asyncio.timeout(_LAST_FLUSH):
                await self._flush()

    def note_appended(self, stream_id: UUID, base: int, at: datetime, events: Sequence[bytes]) -> None:
        """Notes new messages that this process has appended to a stream after `base`: their events, given as JSON.

        Call it before the notification. Then neither their kinds nor they themselves are read.
        """
        if not self._is_registered.is_set():
            return  # The subscribers run in another process.
        head, lines = base + len(events), b"\n".join(events)
        if self._finding.note_appended(stream_id, base, head, NOTED_KIND, lines):
            self._recent.note(stream_id, base, head, at, lines)

    def _has_room(self) -> bool:
        return len(self._notified) < _MAX_WAITING

    def _add_backlog(self, stream_ids: Iterable[UUID]) -> None:
        """Adds streams that may have events without a notification."""
        self._notified.add(stream_ids, is_live=False)

    def _on_own_heads(self, heads: Mapping[UUID, int]) -> None:
        new = [stream_id for stream_id, head in heads.items() if not self._cursors.are_at(stream_id, head)]
        if new and self._has_room():
            self._notified.add(new, is_live=True)

    def _on_other_heads(self, heads: Mapping[UUID, int]) -> None:
        if len(self._later) < _MAX_WAITING:
            self._add_later(heads, _TAKE_OVER)

    def _add_later(self, stream_ids: Iterable[UUID], seconds: float) -> None:
        due = asyncio.get_running_loop().time() + seconds
        for stream_id in stream_ids:
            heapq.heappush(self._later, (due, stream_id))
        self._notified.wake_up()

    async def _keep_finding(self) -> None:
        """Registers the subscribers, then looks at notified streams until cancelled."""
        await self._register()
        time = asyncio.get_running_loop().time
        while True:
            began = time()
            while self._later and self._later[0][0] <= began:
                self._add_backlog([heapq.heappop(self._later)[1]])
            streams = self._notified.take(_STREAMS_IN_ROUND)
            if not streams:
                await self._wait()
                continue
            try:
                await self._find(streams)
            except Exception as error:  # noqa: BLE001 - the streams are tried again; the loop must continue
                logger.warning("subscribers were interrupted: {!r}", error)
                self._add_later(streams, _PAUSE)
                await asyncio.sleep(_PAUSE)
            if len(streams) < _STREAMS_IN_ROUND:
                await asyncio.sleep(began + _ROUND - time())

    async def _register(self) -> None:
        while True:
            try:
                return await register(self._database, list(self._subscribers.values()))
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.warning("cannot register subscribers: {!r}", error)
            finally:
                self._is_registered.set()
            await asyncio.sleep(_PAUSE)

    async def _wait(self) -> None:
        """Waits until a stream is notified or due."""
        pause = max(self._later[0][0] - asyncio.get_running_loop().time(), 0) if self._later else None
        await wait_at_most(pause, self._notified.wait())
        await asyncio.sleep(_GATHER)

    async def _find(self, streams: Mapping[UUID, bool]) -> None:
        found = await self._finding.find(streams)
        for name, stream_ids in found.due.items():
            live = [stream_id for stream_id in stream_ids if streams[stream_id]]
            self._due[name].add(live, is_live=True)
            self._due[name].add(set(stream_ids).difference(live), is_live=False)
        self._add_backlog(found.more)

    async def _keep_handling(self, subscriber: Subscriber) -> None:
        """Handles due streams until cancelled."""
        queue = self._due[subscriber.name]
        while True:
            await queue.wait()
            try:
                async with self._turns:
                    streams = queue.take(_STREAMS_IN_TRANSACTION)
                    outcome = await self._handle(subscriber, list(streams))
            except Exception as error:  # noqa: BLE001 - the streams are tried again; the loop must continue
                if not isinstance(error, LeftToOthers):
                    logger.warning("subscriber {} was interrupted: {!r}", subscriber.name, error)
                self._add_later(streams, _PAUSE)
                await asyncio.sleep(_PAUSE)
                continue
            for stream_id, seq in outcome.seqs.items():
                self._cursors.move(stream_id, subscriber.name, seq)
            self._add_backlog(outcome.more)
            # Another process has locked it, or it waits for its next attempt.
            self._add_later(outcome.taken, _TAKE_OVER)

    async def _keep_flushing(self) -> None:
        """Stores skipped ranges periodically until cancelled."""
        while True:
            await asyncio.sleep(_FLUSH_PERIOD)
            try:
                await self._flush()
            except Exception as error:  # noqa: BLE001 - cursors that are not stored are computed again
                logger.debug("cannot store the cursors of subscribers: {!r}", error)

    async def _flush(self) -> None:
        while skipped := self._cursors.take_skipped(_FLUSHED_AT_ONCE):
            async with self._database.connection() as connection:
                await crud.write_skipped(connection, skipped)

    async def _keep_retrying(self) -> None:
        """Retries failed streams that are due, and events that an operator marked, until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            try:
                async with self._database.connection() as connection:
                    due = await crud.list_due_retries(connection, list(self._subscribers), _STREAMS_IN_ROUND)
                    is_requested = await crud.has_requested_retries(connection, list(self._subscribers))
                self._add_backlog(due)
                while is_requested and await retry_failure(self._database, self._container, self._subscribers):
                    pass
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("cannot retry failed events: {!r}", error)


def digest_of(subscribers: Iterable[Subscriber]) -> str:
    """Returns the same in processes whose subscribers handle the same events."""
    texts = sorted(
        f"{one.name} {sorted(one.kinds)} {one.every_kind} {one.containing} {one.form}" for one in subscribers
    )
    return blake2b("\n".join(texts).encode(), digest_size=2).hexdigest()


def _span_details(subscriber: Subscriber, stream_ids: Sequence[UUID]) -> SpanDetails:
    return SpanDetails({"subscriber": subscriber.name, "streams": len(stream_ids)}, f"subscriber {subscriber.name}")
