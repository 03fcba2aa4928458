"""The hub of one process: gets notifications, reads the log once, and delivers each event to its followers here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol
from uuid import UUID

from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.streams_module.db.cruds.read import Part, list_after, list_heads
from app.modules.streams_module.services import metrics
from app.modules.streams_module.services.awaited_events import AwaitedEvents
from app.modules.streams_module.services.frames import Frame, make_frame
from app.utils.background import running, wait_at_most
from app.utils.isolation import call_isolated, report_failure

SWEEP_PERIOD = 1.5
"""Seconds between two checks of the heads of all followed streams, because notifications may be lost."""
_SWEEP_SLICE = 5_000
_FEEDS_AT_ONCE = 200
_EVENTS_AT_ONCE = 200
"""Events of one stream per read."""
_BYTES_AT_ONCE = 4_000_000
"""Bytes of JSON per read."""
_PAUSE = 0.2
MakeFrames = Callable[[], Sequence[Frame]]


class Gap(NamedTuple):
    """The log no longer holds the next event."""

    first_seq: int
    last_seq: int


class Follower(Protocol):
    """Receiver of a stream's events. The methods are called in the event loop's thread and must not block."""

    def deliver(self, feed: "Feed", frames: Sequence[Frame]) -> None:
        """Gets the stream's next events, in order. Drop frames at or below the follower's own number."""

    def report_gap(self, feed: "Feed", gap: Gap) -> None: ...

    def fail(self, feed: "Feed") -> None:
        """Called after another method has raised. The follower missed events and gets no more of this stream."""


class Feed:
    """A stream that is followed here. All events up to `last_seq` were delivered to its followers."""

    __slots__ = ("followers", "head", "is_given", "last_seq", "stream_id")

    def __init__(self, stream_id: UUID) -> None:
        self.stream_id = stream_id
        # A set in the order in which they came: its entries lie one after the other in memory, unlike those of `set`.
        self.followers: dict[Follower, None] = {}
        self.last_seq: int | None = None
        self.head = 0
        # True if another process gave the last events, and so probably gives the next ones.
        self.is_given = False


class Hub:
    """Feeds by stream. Follow first, then read the log up to `feed.last_seq`: so no event is missed."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._feeds: dict[UUID, Feed] = {}
        self._dirty: dict[UUID, Feed] = {}
        self._awaited = AwaitedEvents(self._mark)
        self._wake_up = asyncio.Event()
        self._sweep_due = asyncio.Event()
        self._deliveries = 0
        # The ids of the feeds as integers: what comes from other processes is compared without creating a UUID.
        self._followed: set[int] = set()
        self.follows = self._followed.__contains__
        """Returns True if the stream with this id, as an integer, is followed here."""
        bus.on_stream_heads(self._on_stream_heads, wants=self.follows)
        bus.on_reconnect(self._sweep_due.set)

    @property
    def feeds(self) -> Mapping[UUID, Feed]:
        return self._feeds

    async def follow(self, followers: Mapping[UUID, Follower]) -> list[Feed]:
        """Follows streams from their current heads on. Each feed's `last_seq` is then at least that head."""
        feeds = []
        for stream_id, follower in followers.items():
            feed = self._feeds.get(stream_id)
            if feed is None:
                feed = self._feeds[stream_id] = Feed(stream_id)
                self._followed.add(stream_id.int)
            feed.followers[follower] = None
            feeds.append(feed)
        new = [feed.stream_id for feed in feeds if feed.last_seq is None]
        if new:
            try:
                heads = await self._read_heads(new)
            except BaseException:
                for feed in feeds:
                    self.leave(feed, followers[feed.stream_id])
                raise
            for feed in feeds:
                if feed.last_seq is None:
                    feed.last_seq = heads.get(feed.stream_id, (1, 0))[1]
                    if feed.head > feed.last_seq:
                        self._mark(feed)
        return feeds

    def leave(self, feed: Feed, follower: Follower) -> None:
        feed.followers.pop(follower, None)
        if not feed.followers and self._feeds.get(feed.stream_id) is feed:
            del self._feeds[feed.stream_id]
            self._followed.discard(feed.stream_id.int)
            self._dirty.pop(feed.stream_id, None)

    def publish(self, stream_id: UUID, frames: MakeFrames, first_seq: int, *, given: bool = False) -> None:
        """Delivers events that this process, or with `given` another one, has committed, if they come next."""
        feed = self._feeds.get(stream_id)
        if feed is not None and feed.last_seq == first_seq - 1:
            feed.is_given = given
            self._deliver(feed, frames())

    async def read_after(self, afters: Mapping[UUID, int], limit: int, size: int) -> Mapping[UUID, Part]:
        """Returns up to `limit` events of each stream after its number, of about `size` bytes in all."""
        async with self._database.connection() as connection:
            return await list_after(connection, afters, limit, size)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Reads and sweeps for the lifetime of the application."""
        async with running(self._keep_reading(), self._keep_sweeping()):
            yield

    def _on_stream_heads(self, heads: Mapping[UUID, int]) -> None:
        for stream_id, last_seq in heads.items():
            feed = self._feeds.get(stream_id)
            if feed is not None and last_seq > feed.head:
                feed.head = last_seq
                if feed.last_seq is not None and last_seq > feed.last_seq:
                    (self._awaited.add if feed.is_given else self._mark)(feed)

    def _mark(self, feed: Feed) -> None:
        self._dirty[feed.stream_id] = feed
        self._wake_up.set()

    async def _keep_reading(self) -> None:
        """Reads and delivers new events of the feeds that were notified, until cancelled."""
        while True:
            await self._wake_up.wait()
            self._wake_up.clear()
            while self._dirty:
                feeds = [self._dirty.pop(stream_id) for stream_id in list(self._dirty)[:_FEEDS_AT_ONCE]]
                try:
                    await self._read(feeds)
                except Exception as error:  # noqa: BLE001 - the feeds stay marked, and the loop must continue
                    logger.warning("cannot read the event log: {!r}", error)
                    for feed in feeds:
                        if self._feeds.get(feed.stream_id) is feed:
                            self._mark(feed)
                    await asyncio.sleep(_PAUSE)

    async def _read(self, feeds: Sequence[Feed]) -> None:
        afters = {feed.stream_id: feed.last_seq for feed in feeds if feed.last_seq is not None}
        news = await self.read_after(afters, _EVENTS_AT_ONCE, _BYTES_AT_ONCE)
        for feed in feeds:
            part = news.get(feed.stream_id)
            if part is not None and feed.last_seq is not None:
                stream_id = str(feed.stream_id)
                # Events that were published meanwhile are not encoded again.
                self._deliver(feed, [make_frame(stream_id, row) for row in part.events if row["seq"] > feed.last_seq])
                if part.has_more:
                    self._mark(feed)

    def _deliver(self, feed: Feed, frames: Sequence[Frame]) -> None:
        if not frames or feed.last_seq is None:
            return
        if frames[0].seq != feed.last_seq + 1:
            self._report_gap(feed, Gap(frames[0].seq, frames[0].seq - 1))
        feed.last_seq = frames[-1].seq
        feed.head = max(feed.head, feed.last_seq)
        self._deliveries += len(frames) * len(feed.followers)
        for follower in tuple(feed.followers):
            try:
                follower.deliver(feed, frames)
            except Exception as error:  # noqa: BLE001 - one follower must not prevent delivery to the others
                self._remove_follower(feed, follower, error)

    def _report_gap(self, feed: Feed, gap: Gap) -> None:
        logger.warning(
            "stream {} has a gap: event {} was expected, the next stored one is {}",
            feed.stream_id,
            feed.last_seq,
            gap.first_seq,
        )
        for follower in tuple(feed.followers):
            try:
                follower.report_gap(feed, gap)
            except Exception as error:  # noqa: BLE001 - as above
                self._remove_follower(feed, follower, error)

    def _remove_follower(self, feed: Feed, follower: Follower, error: Exception) -> None:
        """Removes a follower that raised, and calls its `fail`: otherwise it would miss events without knowing."""
        report_failure(follower, error)
        self.leave(feed, follower)
        call_isolated(follower.fail, feed)

    async def _keep_sweeping(self) -> None:
        """Finds events whose notification was lost, until cancelled."""
        while True:
            await wait_at_most(SWEEP_PERIOD, self._sweep_due.wait())
            self._sweep_due.clear()
            try:
                await self._sweep()
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("cannot read the heads of streams: {!r}", error)

    async def _sweep(self) -> None:
        stream_ids = list(self._feeds)
        for first in range(0, len(stream_ids), _SWEEP_SLICE):
            part = stream_ids[first : first + _SWEEP_SLICE]
            delivered = {stream_id: feed.last_seq or 0 for stream_id in part if (feed := self._feeds.get(stream_id))}
            for stream_id, (first_seq, last_seq) in (await self._read_heads(part)).items():
                feed = self._feeds.get(stream_id)
                if feed is None or feed.last_seq is None:
                    continue
                if last_seq > feed.last_seq:
                    self._mark(feed)
                elif last_seq < delivered.get(stream_id, 0):
                    # A head moves back only after a backup was restored.
                    self._report_gap(feed, Gap(first_seq, last_seq))
                    feed.last_seq = feed.head = last_seq

    def measure(self) -> None:
        """Sets the metric of streams that are followed here, and counts what was delivered since the last call."""
        metrics.STREAMS_FOLLOWED.set(len(self._feeds))
        metrics.DELIVERIES.inc(self._deliveries)
        self._deliveries = 0

    async def _read_heads(self, stream_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
        async with self._database.connection() as connection:
            return await list_heads(connection, stream_ids)
