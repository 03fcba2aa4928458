"""What a socket still has to be sent: little, or the reader is too slow."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from time import monotonic
from typing import Any

from starlette.websockets import WebSocketDisconnect

from app.modules.streams_module.services.frames import encode_text_frame

MAX_FRAMES = 256
MAX_BYTES = 1_000_000
STALLED_AFTER = 8.0
"""Seconds in which a reader takes nothing at all until it counts as one that has stopped."""

AsgiSend = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Outbox:
    """Writes frames in order. What the transport takes goes out at once; the rest waits here, within bounds.

    `overflow` is called, once, when more waits than may.
    """

    __slots__ = (
        "_bytes",
        "_draining",
        "_frames",
        "_overflow",
        "_replies",
        "_send",
        "_write",
        "blocked_since",
        "closed",
    )

    def __init__(self, send: AsgiSend, write: Callable[[bytes], bool] | None, overflow: Callable[[], None]) -> None:
        """`write` hands a ready frame to the transport, False where that is full; None where a server has no such."""
        self._send = send
        self._write = write
        self._overflow = overflow
        self._frames: deque[tuple[str, bytes]] = deque()
        self._replies: list[tuple[str, bytes]] = []
        self._bytes = 0
        self._draining: asyncio.Task[None] | None = None
        self.blocked_since: float | None = None
        self.closed = False

    def put_text(self, text: str) -> None:
        self.put([(text, encode_text_frame(text))])

    def put_reply(self, text: str) -> None:
        """As `put_text`, but a moment later: the replies to one batch of sends go out as one write."""
        if not self._replies:
            asyncio.get_running_loop().call_soon(self._put_replies)
        self._replies.append((text, encode_text_frame(text)))

    def put(self, frames: Sequence[tuple[str, bytes]]) -> None:
        """Frames in order, each as text and as the bytes of it. Never waits."""
        if self.closed or not frames:
            return
        if not self._frames and self._draining is None and self._write is not None:
            # One write, and so one call of the system, for all of them.
            wire = frames[0][1] if len(frames) == 1 else b"".join([wire for _, wire in frames])
            if self._write(wire):
                return
        self._frames.extend(frames)
        self._bytes += sum(len(wire) for _, wire in frames)
        if len(self._frames) > MAX_FRAMES or self._bytes > MAX_BYTES:
            self.close()
            self._overflow()
        elif self._draining is None:
            self._draining = asyncio.create_task(self._drain())

    async def put_page(self, frames: Sequence[tuple[str, bytes]]) -> None:
        """Many frames at the reader's own pace: they never wait in the queue of what is live."""
        for text, wire in frames:
            if self._draining is not None:
                await asyncio.wait([self._draining])
            if self.closed:
                return
            if self._write is None or not self._write(wire):
                await self._send_one(text)

    def close(self) -> None:
        """Drops what waits; nothing goes out any more."""
        self.closed = True
        self._frames.clear()
        self._bytes = 0
        if self._draining is not None:
            self._draining.cancel()

    def _put_replies(self) -> None:
        replies, self._replies = self._replies, []
        self.put(replies)

    def is_stalled(self) -> bool:
        return self.blocked_since is not None and monotonic() - self.blocked_since > STALLED_AFTER

    async def _drain(self) -> None:
        try:
            while self._frames:
                text, wire = self._frames[0]
                if self._write is None or not self._write(wire):
                    await self._send_one(text)
                if self._frames:
                    self._frames.popleft()
                    self._bytes -= len(wire)
        finally:
            self._draining = None

    async def _send_one(self, text: str) -> None:
        """Waits until the transport has room."""
        self.blocked_since = monotonic()
        try:
            await self._send({"type": "websocket.send", "text": text})
        except (OSError, RuntimeError, WebSocketDisconnect):
            # The other side is gone: whoever receives on this socket hears it as well.
            self.closed = True
            self._frames.clear()
        finally:
            self.blocked_since = None
