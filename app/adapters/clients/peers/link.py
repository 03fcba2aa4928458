"""The two ends of a connection between processes: the link asks, the session answers."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from loguru import logger

from app.adapters.clients.peers.frames import DATA, LEAVING, NEWS, PING, PONG, BadFrame, FrameReader, encode
from app.utils.isolation import call_isolated, report_failure

_FULL = 256 * 1024
"""Bytes after which a frame gets no further record."""
_MOST_UNREAD = 1 << 20
"""Bytes that wait for a process, beyond which it gets no news."""
SILENT_TICKS = 4
"""Ticks without a byte from a process that owes an answer, after which it counts as hanging."""
STUCK_TICKS = 24
"""Ticks in which it answers tests and no request. A statement of the database may take almost as long."""


class _Framed(asyncio.Protocol):
    """Reads frames. A frame that is wrong ends this connection and nothing else."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._unwritten: list[bytes] = []
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # That of uvloop is no subclass.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            for kind, content in self._reader.feed(data):
                if self.is_closed:
                    return
                self._handle(kind, content)
        except BadFrame as error:
            logger.warning("a connection between processes was closed: {!r}", error)
            self.close()
        except Exception as error:  # noqa: BLE001 - an error must not leave a connection that is not read any more
            report_failure(self._handle, error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True

    def close(self) -> None:
        """Closes at once. What was written before may be lost."""
        self.is_closed = True
        self._unwritten.clear()
        if self._transport is not None:
            self._transport.abort()

    def _write(self, kind: int, *parts: bytes) -> None:
        """Writes a frame, together with the other ones of this turn of the event loop, which so arrive together."""
        if self.is_closed:
            return
        if not self._unwritten:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unwritten.append(encode(kind, *parts))

    def _flush(self) -> None:
        if self._unwritten and self._transport is not None and not self.is_closed:
            self._transport.write(b"".join(self._unwritten))
        self._unwritten.clear()

    def _write_all(self, kind: int, records: Sequence[bytes]) -> None:
        """Writes records in frames. A frame has at least one."""
        first, size = 0, 0
        for place, record in enumerate(records):
            if size and size + len(record) > _FULL:
                self._write(kind, *records[first:place])
                first, size = place, 0
            size += len(record)
        self._write(kind, *records[first:])

    def _handle(self, kind: int, content: bytes) -> None:
        raise NotImplementedError


class PeerLink(_Framed):
    """A connection to the process `name`, for what this process asks of it.

    `on_change` is called when `is_ready` has changed, `on_lost` once when the connection has ended.
    """

    def __init__(
        self,
        name: str,
        on_answer: Callable[["PeerLink", bytes], None],
        on_news: Callable[[bytes], None],
        on_change: Callable[[], None],
        on_lost: Callable[["PeerLink"], None],
    ) -> None:
        super().__init__()
        self.name = name
        self.is_ready = False
        """The process has answered, and it does not shut down."""
        self.unanswered = 0
        """How many requests have no answer yet. While there are some, the process is tested."""
        self._on_answer = on_answer
        self._on_news = on_news
        self._on_change = on_change
        self._on_lost = on_lost
        self._silent_ticks = self._stuck_ticks = 0
        self._is_leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._write(PING)

    def data_received(self, data: bytes) -> None:
        self._silent_ticks = 0
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._end()

    def close(self) -> None:
        super().close()
        self._end()

    def send(self, requests: Sequence[bytes]) -> None:
        """Sends requests, as few frames as they fit in."""
        self.unanswered += len(requests)
        self._write_all(DATA, requests)

    def tick(self) -> None:
        """Tests a process that owes an answer. Ticks are counted, so that a pause of this process is one tick."""
        if not self.unanswered:
            self._silent_ticks = self._stuck_ticks = 0
        elif self._silent_ticks >= SILENT_TICKS or self._stuck_ticks >= STUCK_TICKS:
            self.close()
        else:
            self._silent_ticks += 1
            self._stuck_ticks += 1
            self._write(PING)

    def _handle(self, kind: int, content: bytes) -> None:
        if kind == DATA:
            self._stuck_ticks = 0
            self._on_answer(self, content)
        elif kind == NEWS:
            self._on_news(content)
        elif kind == PONG:
            self._set_ready(not self._is_leaving)
        elif kind == LEAVING:
            # It answers what it has, and gets nothing more.
            self._is_leaving = True
            self._set_ready(False)
        else:
            raise BadFrame(f"kind {kind}")

    def _set_ready(self, is_ready: bool) -> None:
        if self.is_ready is not is_ready:
            self.is_ready = is_ready
            self._on_change()

    def _end(self) -> None:
        on_lost, self._on_lost = self._on_lost, _ignore
        self.is_ready = False
        call_isolated(on_lost, self)


class PeerSession(_Framed):
    """A connection from another process, for what it asks of this one."""

    def __init__(
        self,
        receive: Callable[["PeerSession", bytes], None],
        on_open: Callable[["PeerSession"], None],
        on_lost: Callable[["PeerSession"], None],
    ) -> None:
        super().__init__()
        self._receive = receive
        self._on_open = on_open
        self._on_lost = on_lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._on_open(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._on_lost(self)

    def answer(self, results: Sequence[bytes]) -> None:
        """Sends results, as few frames as they fit in."""
        self._write_all(DATA, results)

    def inform(self, news: Sequence[bytes]) -> None:
        """Sends what the other process has not asked for. If it does not read, it misses some."""
        if self._transport is not None and self._transport.get_write_buffer_size() < _MOST_UNREAD:
            self._write_all(NEWS, news)

    def finish(self) -> None:
        """Closes after what was written has been sent."""
        self._flush()
        self.is_closed = True
        if self._transport is not None:
            self._transport.close()

    def announce_leaving(self) -> None:
        """Asks the other process to send nothing more. What it has sent is still answered."""
        self._write(LEAVING)

    def _handle(self, kind: int, content: bytes) -> None:
        if kind == DATA:
            self._receive(self, content)
        elif kind == PING:
            self._write(PONG)
        else:
            raise BadFrame(f"kind {kind}")


def _ignore(*_: Any, **__: Any) -> None:
    pass
