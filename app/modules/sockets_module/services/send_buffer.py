"""The send buffer of a socket. It is small: a client that reads too slowly is disconnected."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from time import monotonic
from typing import Any

from starlette.websockets import WebSocketDisconnect

from app.modules.streams_module.services.frames import payload_of
from app.utils.isolation import call_isolated

MAX_FRAMES = 256
MAX_BYTES = 1_000_000
_WRITE_BYTES = 65_536
"""Bytes of one write of many frames. A transport that is full is seen before the next one."""
_FEW_FRAMES = 4
"""Frames that are one write without being measured: they have no more bytes than a buffer may hold."""
BYTES_PER_SECOND = 1024
"""A client that receives less than that in the long run counts as stalled, too."""
STALLED_AFTER = 8.0
"""Seconds without any progress after which a client counts as stalled."""

_NOTHING: list[bytes] = []
"""All buffers without frames share it: an idle socket has no list, and a delivery reads none."""
AsgiSend = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Turn:
    """The send buffers of one process with frames of this turn of the event loop. At its end each writes once.

    A turn has the replies and the events of a whole batch, and each write is a system call.
    """

    def __init__(self) -> None:
        self._buffers: list[SendBuffer] = []

    def add(self, buffer: "SendBuffer") -> None:
        if not self._buffers:
            asyncio.get_running_loop().call_soon(self._flush)
        self._buffers.append(buffer)

    def _flush(self) -> None:
        buffers, self._buffers = self._buffers, []
        for buffer in buffers:
            buffer.flush()


class SendBuffer:
    """Writes frames in order: at the end of the turn if the transport accepts them, otherwise from a bounded buffer.

    `overflow` is called once, when the buffer exceeds its limit or a write fails. The buffer is closed then.
    """

    __slots__ = (
        "_bytes",
        "_count_received",
        "_draining",
        "_frames",
        "_overflow",
        "_received",
        "_send",
        "_soon",
        "_turn",
        "_write",
        "blocked_since",
        "closed",
    )

    def __init__(
        self,
        send: AsgiSend,
        write: Callable[[bytes], bool] | None,
        overflow: Callable[[], None],
        turn: Turn,
        count_received: Callable[[], int] | None = None,
    ) -> None:
        """`write` passes a ready frame to the transport, and returns False if that is full. None: not supported.

        `count_received` returns how many bytes the client has received. None: not supported.
        """
        self._send = send
        self._write = write
        self._overflow = overflow
        self._turn = turn
        self._count_received = count_received
        self._received = 0
        # Short lists: an empty deque takes 0.8 KB, and every idle socket has one.
        self._frames: list[bytes] = _NOTHING
        self._soon: list[bytes] = _NOTHING
        self._bytes = 0
        self._draining: asyncio.Task[None] | None = None
        self.blocked_since: float | None = None
        self.closed = False

    def put(self, frames: list[bytes]) -> None:
        """Sends or buffers encoded frames, in order. Never waits. The list belongs to the buffer afterwards."""
        if self._soon:
            self._soon.extend(frames)
        elif frames:
            self._turn.add(self)
            self._soon = frames
        # A transport that is full must be seen before it is given more than a buffer may hold.
        if len(self._soon) > MAX_FRAMES:
            self.flush()

    def flush(self) -> None:
        """Sends or buffers the frames of this turn. Raises nothing: other sockets come next."""
        frames, self._soon = self._soon, _NOTHING
        if not call_isolated(self._put, frames):
            # Its client would miss them without knowing.
            self.close()
            call_isolated(self._overflow)

    def _put(self, frames: Sequence[bytes]) -> None:
        if self.closed or not frames:
            return
        if not self._frames and self._draining is None and self._write is not None:
            frames = _write_first(frames, self._write)
            if not frames:
                return
        if self._frames:
            self._frames.extend(frames)
        else:
            self._frames = list(frames)
        self._bytes += sum(map(len, frames))
        if len(self._frames) > MAX_FRAMES or self._bytes > MAX_BYTES:
            self.close()
            self._overflow()
        elif self._draining is None:
            self._draining = asyncio.create_task(self._drain())

    async def put_page(self, frames: Sequence[bytes]) -> None:
        """Sends many frames at the client's pace. They are not counted in the buffer of live frames."""
        self.flush()
        for frame in frames:
            if self._draining is not None:
                await asyncio.wait([self._draining])
            if self.closed:
                return
            if self._write is None or not self._write(frame):
                await self._send_one(frame)

    def close(self) -> None:
        """Drops the buffered frames, after those of this turn were sent if there is room. Nothing is sent any more."""
        self.flush()
        self.closed = True
        self._frames = _NOTHING
        self._bytes = 0
        if self._draining is not None:
            self._draining.cancel()

    def is_stalled(self) -> bool:
        """Returns True if the client has received too little for a while, although there is output for it."""
        if self.blocked_since is None:
            return False
        now = monotonic()
        if self._count_received is not None and (received := self._count_received()) > self._received:
            self.blocked_since = min(now, self.blocked_since + (received - self._received) / BYTES_PER_SECOND)
            self._received = received
        return now - self.blocked_since > STALLED_AFTER

    async def _drain(self) -> None:
        try:
            while self._frames:
                frame = self._frames[0]
                if self._write is None or not self._write(frame):
                    await self._send_one(frame)
                if self._frames:
                    self._frames.pop(0)
                    self._bytes -= len(frame)
        finally:
            self._draining = None

    async def _send_one(self, frame: bytes) -> None:
        """Sends a frame, and waits until the transport has room."""
        self.blocked_since = monotonic()
        try:
            await self._send({"type": "websocket.send", "text": payload_of(frame).decode()})
        except (OSError, RuntimeError, WebSocketDisconnect):
            # The client has disconnected. The task that receives on this socket gets the same error.
            self.closed = True
            self._frames = _NOTHING
        finally:
            self.blocked_since = None


def _write_first(frames: Sequence[bytes], write: Callable[[bytes], bool]) -> Sequence[bytes]:
    """Writes frames until the transport is full. Returns the others.

    Small frames are one write, and so one system call. Large ones are several: a transport that is full would keep a
    copy of all of them, while a buffer has the frames that all sockets share.
    """
    if len(frames) <= _FEW_FRAMES or sum(map(len, frames)) <= _WRITE_BYTES:
        return () if write(b"".join(frames)) else frames
    first = size = 0
    for place, frame in enumerate(frames):
        size += len(frame)
        if size > _WRITE_BYTES and place > first:
            if not write(b"".join(frames[first:place])):
                return frames[first:]
            first, size = place, len(frame)
    return () if write(b"".join(frames[first:])) else frames[first:]
