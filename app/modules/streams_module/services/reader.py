"""Reading a log after a number: at once, by waiting for what comes, or as a stream of server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

import orjson
from loguru import logger

from app.adapters.db.database import Database
from app.adapters.errors import TransientDatabaseError
from app.modules.streams_module.db.cruds.read import find_head, find_page, list_events
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.services.frames import Frame, make_frames
from app.modules.streams_module.services.hub import Feed, Gap, Hub
from app.resources.constants import MAX_BIGINT
from app.utils.shutdown import Shutdown

_KEEPALIVE = 15.0
"""Seconds of silence after which a comment keeps proxies from closing."""
_SSE_PAGE = 100
_DELETED, _REMOVED = "chat.deleted", "member.removed"
MAY_END = (_DELETED, _REMOVED)
"""Kinds of events that may be the last that a reader sees."""
_MAX_KEPT = 200
"""Events that wait for a reader who takes its time; beyond that it reads the log."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads which stream. Of a chat: the account, and the number of the event by which it joined.

    The cut is by number: the reader's own `member.removed` after that number is the last event to be read, whatever
    the log holds behind it. `left_seq` is its number where the account has left already.
    """

    stream_id: UUID
    account_id: UUID
    joined_seq: int = 0
    left_seq: int = MAX_BIGINT

    def is_cut(self, seq: int, kind: str, data: bytes) -> bool:
        """Whether this event ends the reading."""
        if kind == _DELETED:
            return True
        return kind == _REMOVED and seq > self.joined_seq and orjson.loads(data)["account_id"] == str(self.account_id)

    def cut(self, frames: Sequence[Frame]) -> tuple[Sequence[Frame], bool]:
        """The events that may be read, and whether that is all there will ever be."""
        for place, frame in enumerate(frames):
            if self.is_cut(frame.seq, frame.kind, frame.data):
                return frames[: place + 1], True
        return frames, False


class Watcher:
    """Follows one stream, and keeps what comes for a reader who is up to date: it need not ask the database."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._frames: list[Frame] = []

    def deliver(self, feed: Feed, frames: Sequence[Frame]) -> None:
        if len(self._frames) + len(frames) > _MAX_KEPT:
            self._frames.clear()
        else:
            self._frames.extend(frames)
        self._news.set()

    def report_gap(self, feed: Feed, gap: Gap) -> None:
        self._frames.clear()
        self._news.set()

    def fail(self, feed: Feed) -> None:
        """The reader finds in the log what is not delivered here."""
        self._frames.clear()
        self._news.set()

    def take_after(self, after: int) -> Sequence[Frame] | None:
        """The events that come next after a number; None where the log has to be asked."""
        frames = [frame for frame in self._frames if frame.seq > after]
        self._frames.clear()
        return frames if frames and frames[0].seq == after + 1 else None

    async def wait(self, seconds: float, shutdown: Shutdown) -> bool:
        """Whether something has come in time; at once, and False, when the server stops."""
        waiting = {asyncio.ensure_future(self._news.wait()), asyncio.ensure_future(shutdown.wait())}
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        news = self._news.is_set()
        self._news.clear()
        return news


class LogReader:
    """What the three transports read with."""

    def __init__(self, database: Database, hub: Hub, shutdown: Shutdown) -> None:
        self._database = database
        self._hub = hub
        self._shutdown = shutdown

    async def poll(self, reader: Reader, after: int, limit: int, wait: float, is_allowed: Callable[[], bool]) -> bytes:
        """A page as JSON; an empty one only after `wait` seconds, or when it is no longer allowed.

        No connection is held while it waits. `is_allowed` is asked at least every second.
        """
        page, is_empty = await self._page(reader, after, limit)
        if not is_empty or not wait:
            return page
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        async with self._watch(reader.stream_id) as watcher:
            # Once more after following: what came in between rang for nobody.
            page, is_empty = await self._page(reader, after, limit)
            while is_empty and is_allowed() and not self._shutdown.is_set and (left := deadline - loop.time()) > 0:
                if await watcher.wait(min(left, 1.0), self._shutdown):
                    frames = watcher.take_after(after)
                    if frames:
                        page, is_empty = _encode_page(reader, frames[:limit], frames[-1].seq)
                    else:
                        page, is_empty = await self._page(reader, after, limit)
        return page

    async def check(self, stream_id: UUID, after: int) -> None:
        """Raises StreamGap for a number that the log cannot go on from."""
        async with self._database.connection() as connection:
            first_seq, last_seq = await find_head(connection, stream_id) or (1, 0)
        _check_cursor(after, first_seq, last_seq)

    async def server_sent_events(
        self, reader: Reader, after: int, is_allowed: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        """Everything after a number, and then what comes, until the reader is cut off or the server stops.

        `is_allowed` is asked at least every second. A database that is away ends it too: the reader comes back with
        its number.
        """
        try:
            async for part in self._server_sent_events(reader, after, is_allowed):
                yield part
        except TransientDatabaseError as error:
            logger.warning("server-sent events ended with an error: {!r}", error)

    async def _server_sent_events(
        self, reader: Reader, after: int, is_allowed: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        silent_since = monotonic()
        async with self._watch(reader.stream_id) as watcher:
            yield b"retry: 1000\n\n"
            frames: Sequence[Frame] | None = None
            while is_allowed() and not self._shutdown.is_set:
                if frames is None:
                    frames = await self._read(reader.stream_id, after, _SSE_PAGE)
                    if frames and frames[0].seq != after + 1:
                        return
                shown, is_last = reader.cut(frames)
                for frame in shown:
                    yield b"id: %d\ndata: %b\n\n" % (frame.seq, frame.event)
                if is_last:
                    return
                if shown:
                    after, silent_since = shown[-1].seq, monotonic()
                elif monotonic() - silent_since > _KEEPALIVE:
                    silent_since = monotonic()
                    yield b": still here\n\n"
                is_behind, frames = len(frames) >= _SSE_PAGE, None
                if not is_behind:
                    while is_allowed() and not self._shutdown.is_set and monotonic() - silent_since <= _KEEPALIVE:
                        if await watcher.wait(1.0, self._shutdown):
                            frames = watcher.take_after(after)
                            break

    async def _read(self, stream_id: UUID, after: int, limit: int) -> Sequence[Frame]:
        async with self._database.connection() as connection:
            return make_frames(str(stream_id), await list_events(connection, stream_id, after, limit))

    async def _page(self, reader: Reader, after: int, limit: int) -> tuple[bytes, bool]:
        async with self._database.connection() as connection:
            page = await find_page(connection, reader.stream_id, after, limit, MAY_END)
            _check_cursor(after, page.first_seq, page.last_seq)
            last_seq = min(page.last_seq, reader.left_seq)
            if not page.may_end:
                return _join_page(page.items, last_seq), not page.items
            # Where exactly it ends for this reader is a matter of the events themselves.
            rows = await list_events(connection, reader.stream_id, after, limit)
        if rows and rows[0]["seq"] != after + 1:
            # Pruned between the two reads.
            raise StreamGap(rows[0]["seq"], last_seq)
        return _encode_page(reader, make_frames(str(reader.stream_id), rows), last_seq)

    @asynccontextmanager
    async def _watch(self, stream_id: UUID) -> AsyncIterator[Watcher]:
        watcher = Watcher()
        feeds = await self._hub.follow([stream_id], watcher)
        try:
            yield watcher
        finally:
            self._hub.leave(feeds, watcher)


def _check_cursor(after: int, first_seq: int, last_seq: int) -> None:
    if after > last_seq or after < first_seq - 1:
        raise StreamGap(first_seq, last_seq)


def _encode_page(reader: Reader, frames: Sequence[Frame], last_seq: int) -> tuple[bytes, bool]:
    """A page as JSON, and whether it is empty. `last_seq` is the head as it was just before the events were read."""
    shown, is_cut = reader.cut(frames)
    if shown:
        # Whoever is cut off sees nothing behind the cut.
        last_seq = shown[-1].seq if is_cut else max(last_seq, frames[-1].seq)
    return _join_page(b",".join([frame.event for frame in shown]), last_seq), not shown


def _join_page(items: bytes, last_seq: int) -> bytes:
    return b'{"items":[%b],"last_seq":%d}' % (items, last_seq)
