"""Readers of a stream after a sequence number: a page, long polling, or server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import takewhile
from time import monotonic
from uuid import UUID

import orjson
from loguru import logger

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.errors import TransientDatabaseError
from app.modules.streams_module.db.cruds.read import find_head_or_start, find_page, list_after
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.services.frames import Frame, hide, make_frames
from app.modules.streams_module.services.hub import Hub
from app.modules.streams_module.services.reads import StreamReads, heads_of
from app.modules.streams_module.services.watcher import Watcher
from app.resources.constants import MAX_BIGINT
from app.utils.shutdown import Shutdown

_KEEPALIVE = 15.0
"""Seconds without an event after which a comment keeps proxies from closing the connection."""
_PAGE_BYTES = 1_000_000
"""Bytes of JSON per page."""
_SSE_PAGE = 100
_SSE_PAGE_BYTES = 250_000
"""Bytes of JSON that are kept while the client reads them. Each character may take four bytes there."""
_DELETED, _REMOVED = "chat.deleted", "member.removed"
MAY_END = (_DELETED, _REMOVED)
"""Kinds of events that may be the last that a reader sees."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of a stream. For a chat: the account, and the number of the event by which it joined.

    Reading ends by sequence number: the account's own `member.removed` after `joined_seq` is the last event that it may
    read, whatever follows in the log. `left_seq` is the number of that event if the account has left already. Of events
    of other kinds than the `visible` ones the reader gets the numbers only; None are all kinds.
    """

    stream_id: UUID
    account_id: UUID
    joined_seq: int = 0
    left_seq: int = MAX_BIGINT
    visible: frozenset[str] | None = None

    def is_cut(self, seq: int, kind: str, data: bytes) -> bool:
        """Returns True if the reader may not read beyond this event."""
        if kind == _DELETED:
            return True
        return kind == _REMOVED and seq > self.joined_seq and orjson.loads(data)["account_id"] == str(self.account_id)

    def show(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        """Returns the events as this reader sees them."""
        if self.visible is None:
            return frames
        return [frame if frame.kind in self.visible else hide(frame) for frame in frames]

    def cut(self, frames: Sequence[Frame]) -> tuple[Sequence[Frame], bool]:
        """Returns the events that may be read, and True if no later event may be read."""
        frames = self.show(frames)
        for place, frame in enumerate(frames):
            if self.is_cut(frame.seq, frame.kind, frame.data):
                return frames[: place + 1], True
        return frames, False


class LogReader:
    """Reads streams for long polling and server-sent events."""

    def __init__(self, database: Database, reads: StreamReads, hub: Hub, shutdown: Shutdown) -> None:
        self._database = database
        self._reads = reads
        self._hub = hub
        self._shutdown = shutdown

    async def poll(self, reader: Reader, after: int, limit: int, wait: float, is_allowed: Callable[[], bool]) -> bytes:
        """Returns a page as JSON. It is empty only after `wait` seconds, or if `is_allowed` returns False.

        No database connection is held while waiting. `is_allowed` is called at least every second.
        """
        page, is_empty = await self._page(reader, after, limit)
        if not is_empty or not wait:
            return page
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        async with self._watch(reader.stream_id) as watcher:
            # Read again after following: events in between caused no notification here.
            page, is_empty = await self._page(reader, after, limit)
            while is_empty and is_allowed() and not self._shutdown.is_set and (left := deadline - loop.time()) > 0:
                if await watcher.wait(min(left, 1.0), self._shutdown) and is_allowed():
                    frames = watcher.take_after(after)
                    if frames:
                        shown, _ = reader.cut(frames)
                        page, is_empty = _encode_page(reader, shown[:limit], shown[-1].seq)
                    else:
                        page, is_empty = await self._page(reader, after, limit)
        return page

    async def check(self, stream_id: UUID, after: int) -> None:
        """Raises StreamGap if the log cannot continue after this number."""
        async with self._database.connection() as connection:
            first_seq, last_seq = await find_head_or_start(connection, stream_id)
        _check_cursor(after, first_seq, last_seq)

    async def server_sent_events(
        self, reader: Reader, after: int, is_allowed: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        """Yields all events after a number and then live events, until the reader's access ends or at shutdown.

        `is_allowed` is called at least every second. An unavailable database also ends the response: the client
        reconnects with its last number.
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
                is_behind = False
                if frames is None:
                    frames, is_behind = await self._read(reader.stream_id, after)
                    if frames and frames[0].seq != after + 1:
                        return
                shown, is_last = reader.cut(frames)
                for frame in takewhile(lambda _: is_allowed(), shown):
                    yield b"id: %d\ndata: %b\n\n" % (frame.seq, frame.event)
                if is_last:
                    return
                if shown:
                    after, silent_since = shown[-1].seq, monotonic()
                elif monotonic() - silent_since > _KEEPALIVE:
                    silent_since = monotonic()
                    yield b": still here\n\n"
                frames = None
                if not is_behind:
                    while is_allowed() and not self._shutdown.is_set and monotonic() - silent_since <= _KEEPALIVE:
                        if await watcher.wait(1.0, self._shutdown):
                            frames = watcher.take_after(after)
                            break

    async def _read(self, stream_id: UUID, after: int) -> tuple[Sequence[Frame], bool]:
        """Returns the next events, and True if there may be more."""
        parts = await self._reads.read(
            lambda primary: heads_of(primary, stream_id),
            lambda connection: list_after(connection, {stream_id: after}, _SSE_PAGE, _SSE_PAGE_BYTES),
        )
        events, has_more = parts[stream_id]
        return make_frames(str(stream_id), events), has_more

    async def _page(self, reader: Reader, after: int, limit: int) -> tuple[bytes, bool]:
        return await self._reads.read(
            lambda primary: heads_of(primary, reader.stream_id),
            lambda connection: _read_page(connection, reader, after, limit),
        )

    @asynccontextmanager
    async def _watch(self, stream_id: UUID) -> AsyncIterator[Watcher]:
        watcher = Watcher()
        (feed,) = await self._hub.follow({stream_id: watcher})
        try:
            yield watcher
        finally:
            self._hub.leave(feed, watcher)


async def _read_page(connection: Connection, reader: Reader, after: int, limit: int) -> tuple[bytes, bool]:
    """Returns a page as JSON, and True if it is empty."""
    # Events as the database writes them hide nothing.
    size = _PAGE_BYTES if reader.visible is None else -1
    page = await find_page(connection, reader.stream_id, after, limit, MAY_END, size)
    _check_cursor(after, page.first_seq, page.last_seq)
    last_seq = min(page.last_seq, reader.left_seq)
    if page.items is not None:
        return _join_page(page.items, last_seq), not page.items
    # The first events have room, and only the events themselves show where reading ends for this reader.
    parts = await list_after(connection, {reader.stream_id: after}, limit, _PAGE_BYTES)
    rows = parts[reader.stream_id].events
    if rows and rows[0]["seq"] != after + 1:
        # Pruned between the two reads.
        raise StreamGap(rows[0]["seq"], last_seq)
    return _encode_page(reader, make_frames(str(reader.stream_id), rows), last_seq)


def _check_cursor(after: int, first_seq: int, last_seq: int) -> None:
    if after > last_seq or after < first_seq - 1:
        raise StreamGap(first_seq, last_seq)


def _encode_page(reader: Reader, frames: Sequence[Frame], last_seq: int) -> tuple[bytes, bool]:
    """Returns a page as JSON, and True if it is empty. `last_seq` is the head just before the events were read."""
    shown, is_cut = reader.cut(frames)
    if shown:
        # A reader without access sees no number after its last event.
        last_seq = shown[-1].seq if is_cut else max(last_seq, frames[-1].seq)
    return _join_page(b",".join([frame.event for frame in shown]), last_seq), not shown


def _join_page(items: bytes, last_seq: int) -> bytes:
    return b'{"items":[%b],"last_seq":%d}' % (items, last_seq)
