"""The subscriber runner of one process: finds streams with events to handle, and schedules them."""

import asyncio
import heapq
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.streams_module.db.cruds import subscribers as crud
from app.modules.streams_module.extension import Subscriber
from app.modules.streams_module.services.subscribers.cursor_cache import CursorCache
from app.modules.streams_module.services.subscribers.handling import EVENTS_AT_ONCE, Handling
from app.modules.streams_module.services.subscribers.registration import register
from app.modules.streams_module.services.subscribers.sweep import Sweep
from app.utils.background import running
from app.utils.container import Container

_WORKERS = 2
_GATHER = 0.02
"""Seconds in which notifications are collected, so that one transaction handles many streams."""
_ROUND = 0.1
"""Minimum seconds between two rounds of a worker, unless a round is full. Under a steady flow of notifications fewer,
larger rounds cost less.
"""
_STREAMS_AT_ONCE = 100
_BACKLOG_AT_LEAST = 20
"""Streams of the backlog in each round, however many streams were just notified."""
_STREAMS_IN_TRANSACTION = 25
_TAKE_OVER = 0.2
"""Seconds that another process has for the events that it committed itself, before this one handles them."""
_FLUSH_PERIOD = 30.0
_FLUSHED_AT_ONCE = 5_000
_PAUSE = 0.5
_LAST_FLUSH = 1.0
"""Seconds in which cursors may be stored at shutdown."""
_MAX_WAITING = 200_000
"""Streams that may wait. The sweep finds those beyond this number."""


class Subscribers:
    """Runs subscribers: for each notified stream, reads the kinds of its new events, and handles the matching ones.

    Streams that were just notified come before those of the backlog.
    """

    def __init__(self, database: Database, bus: Bus, container: Container, subscribers: Sequence[Subscriber]) -> None:
        self._database = database
        self._subscribers = {subscriber.name: subscriber for subscriber in subscribers}
        self._handling = Handling(database, container)
        self._cursors = CursorCache(list(self._subscribers))
        self._sweep = Sweep(database, list(self._subscribers), self.add_backlog)
        self._live: OrderedDict[UUID, None] = OrderedDict()
        self._backlog: OrderedDict[UUID, None] = OrderedDict()
        self._later: list[tuple[float, UUID]] = []
        self._busy: set[UUID] = set()
        self._wake_up = asyncio.Event()
        self._is_registered = False
        self._bus = bus

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Runs workers, retries and the sweep for the lifetime of the application."""
        if not self._subscribers:
            yield
            return
        # Registered only here: a process without subscribers pays nothing for notifications.
        self._bus.on_stream_heads(self._on_own_heads, own=True)
        self._bus.on_stream_heads(self._on_other_heads, own=False)
        self._bus.on_reconnect(self._sweep.run_soon)
        works = (*[self._keep_handling] * _WORKERS, self._keep_flushing, self._keep_retrying, self._sweep.run)
        async with running(*(work() for work in works)):
            yield
        # Cursors that are not stored are computed again, so shutdown does not wait long for a database that hangs.
        with suppress(Exception):
            async with asyncio.timeout(_LAST_FLUSH):
                await self._flush()

    def add_backlog(self, stream_ids: Sequence[UUID]) -> None:
        """Adds streams that may have events without a notification."""
        self._backlog.update(dict.fromkeys(stream_ids))
        self._wake_up.set()

    def _on_own_heads(self, heads: Mapping[UUID, int]) -> None:
        if len(self._live) < _MAX_WAITING:
            self._live.update(dict.fromkeys(heads))
            self._wake_up.set()

    def _on_other_heads(self, heads: Mapping[UUID, int]) -> None:
        if len(self._later) < _MAX_WAITING:
            self._schedule(heads, _TAKE_OVER)

    def _schedule(self, stream_ids: Mapping[UUID, Any] | Sequence[UUID] | set[UUID], seconds: float) -> None:
        due = asyncio.get_running_loop().time() + seconds
        for stream_id in stream_ids:
            heapq.heappush(self._later, (due, stream_id))
        self._wake_up.set()

    async def _keep_handling(self) -> None:
        """Registers subscribers, then handles events until cancelled."""
        while not self._is_registered:
            try:
                self._is_registered = await register(self._database, list(self._subscribers.values()))
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.warning("cannot register subscribers: {!r}", error)
            if not self._is_registered:
                await asyncio.sleep(_PAUSE)
        while True:
            streams = self._take()
            if not streams:
                await self._wait()
                continue
            self._busy |= streams.keys()
            began = asyncio.get_running_loop().time()
            try:
                await self._handle(streams)
            except Exception as error:  # noqa: BLE001 - the streams are tried again; the loop must continue
                logger.warning("subscribers were interrupted: {!r}", error)
                self._schedule(list(streams), _PAUSE)
                await asyncio.sleep(_PAUSE)
            finally:
                self._busy -= streams.keys()
            if len(streams) < _STREAMS_AT_ONCE:
                await asyncio.sleep(began + _ROUND - asyncio.get_running_loop().time())

    async def _wait(self) -> None:
        """Waits until a stream is notified or due."""
        self._wake_up.clear()
        now_ = asyncio.get_running_loop().time()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(self._later[0][0] - now_, 0) if self._later else None):
                await self._wake_up.wait()
        await asyncio.sleep(_GATHER)

    def _take(self) -> dict[UUID, bool]:
        """Returns the streams of the next round. True for those whose cursors another process may have moved."""
        taken: dict[UUID, bool] = {}
        now_ = asyncio.get_running_loop().time()
        while self._later and self._later[0][0] <= now_:
            self._backlog[heapq.heappop(self._later)[1]] = None
        most_live = _STREAMS_AT_ONCE - min(len(self._backlog), _BACKLOG_AT_LEAST)
        for waiting, most, is_old in ((self._live, most_live, False), (self._backlog, _STREAMS_AT_ONCE, True)):
            for _ in range(min(len(waiting), most - len(taken))):
                stream_id, _ = waiting.popitem(last=False)
                if stream_id in self._busy:
                    self._schedule([stream_id], _GATHER)
                else:
                    taken[stream_id] = is_old or taken.get(stream_id, False)
        return taken

    async def _handle(self, streams: Mapping[UUID, bool]) -> None:
        due, more = await self._find_due(streams)
        for name, stream_ids in due.items():
            for first in range(0, len(stream_ids), _STREAMS_IN_TRANSACTION):
                part = stream_ids[first : first + _STREAMS_IN_TRANSACTION]
                outcome = await self._handling.handle(self._subscribers[name], part)
                for stream_id, seq in outcome.seqs.items():
                    self._cursors.move(stream_id, name, seq)
                more |= outcome.more
                # Another process has locked it, or it waits for its next attempt.
                self._schedule(outcome.taken, _TAKE_OVER)
        self.add_backlog(list(more))

    async def _find_due(self, streams: Mapping[UUID, bool]) -> tuple[dict[str, list[UUID]], set[UUID]]:
        """Returns by subscriber the streams with events to handle, and the streams with more events than were read."""
        due: dict[str, list[UUID]] = defaultdict(list)
        more: set[UUID] = set()
        unknown = {
            *self._cursors.list_unknown(streams),
            *(stream_id for stream_id, is_old in streams.items() if is_old),
        }
        waiting: set[tuple[UUID, str]] = set()
        retried: set[tuple[UUID, str]] = set()
        async with self._database.connection() as connection:
            if unknown:
                rows = await crud.read_cursors(connection, list(unknown), list(self._subscribers))
                waiting = {(row["stream_id"], row["subscriber"]) for row in rows if row["is_waiting"]}
                retried = {(row["stream_id"], row["subscriber"]) for row in rows if row["is_due"]}
                read: dict[UUID, dict[str, int]] = {stream_id: {} for stream_id in unknown}
                for row in rows:
                    read[row["stream_id"]][row["subscriber"]] = row["seq"]
                for stream_id, seqs in read.items():
                    self._cursors.replace(stream_id, seqs)
            afters = {stream_id: min(self._cursors.get(stream_id).values()) for stream_id in streams}
            kinds: dict[UUID, list[Any]] = defaultdict(list)
            for row in await crud.read_kinds(connection, afters, EVENTS_AT_ONCE):
                kinds[row["stream_id"]].append(row)
            emptied = await crud.read_emptied(connection, [stream_id for stream_id in afters if stream_id not in kinds])
        for stream_id, name in retried:
            due[name].append(stream_id)
        for stream_id, rows in kinds.items():
            if len(rows) == EVENTS_AT_ONCE:
                more.add(stream_id)
            for name, seq in dict(self._cursors.get(stream_id)).items():
                subscriber = self._subscribers[name]
                has_match = any(subscriber.wants(row["kind"]) for row in rows if row["seq"] > seq)
                if has_match or (subscriber.rebuild is not None and rows[0]["seq"] > seq + 1):
                    if (stream_id, name) not in waiting | retried:
                        due[name].append(stream_id)
                else:
                    self._cursors.mark_skipped(stream_id, name, rows[-1]["seq"])
        for stream_id, head in emptied.items():
            for name, seq in dict(self._cursors.get(stream_id)).items():
                if seq >= head or (stream_id, name) in waiting | retried:
                    continue
                if self._subscribers[name].rebuild is None:
                    self._cursors.mark_skipped(stream_id, name, head)
                else:
                    due[name].append(stream_id)
        return due, more

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
                    due = await crud.list_due_retries(connection, list(self._subscribers), _STREAMS_AT_ONCE)
                self.add_backlog(due)
                while await self._handling.retry_failure(self._subscribers):
                    pass
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("cannot retry failed events: {!r}", error)
