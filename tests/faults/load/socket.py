"""A minimal WebSocket client: the load shares its cores with the servers."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from tests.performance.load.websocket import encode, frames_of

_TEXT, _CLOSE, _PING = 1, 8, 9


def _ignore(_: object) -> None: ...


class NoAnswer(Exception):
    """The connection was refused, cut, or silent for too long: the outcome is unknown."""


class Socket(asyncio.Protocol):
    """One connection. `on_frame` gets each JSON frame. `on_close` gets the server's close code, or None."""

    def __init__(self, on_frame: Callable[[dict[str, Any]], None], on_close: Callable[[int | None], None]) -> None:
        self._on_frame = on_frame
        self._on_close = on_close
        self._buffer = b""
        self._is_open = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None
        self.code: int | None = None

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        on_frame: Callable[[dict[str, Any]], None],
        on_close: Callable[[int | None], None],
        seconds: float = 10.0,
    ) -> "Socket":
        """Raises NoAnswer."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                transport, socket = await loop.create_connection(lambda: cls(on_frame, on_close), host, port)
                try:
                    await socket._is_open
                except BaseException:
                    transport.abort()
                    raise
        except (OSError, TimeoutError) as error:
            raise NoAnswer(repr(error)) from error
        return socket

    def send(self, frame: dict[str, Any]) -> None:
        if self.transport is not None:
            self.transport.write(encode(orjson.dumps(frame)))

    def cut(self) -> None:
        """Close the connection without a close frame. No more frames are handled."""
        if self.transport is not None:
            self.transport.abort()
        self._end()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(
            b"GET /api/v1/ws HTTP/1.1\r\nHost: messenger\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        self._buffer = buffer = self._buffer + data if self._buffer else data
        place = 0
        if not self._is_open.done():
            place = buffer.find(b"\r\n\r\n") + 4
            if place < 4:
                return
            if b" 101 " not in buffer[:place]:
                self._is_open.set_exception(ConnectionError(buffer[:place].decode()))
                self.cut()
                return
            self._is_open.set_result(None)
        self._buffer = buffer[self._take_frames(buffer, place) :]

    def connection_lost(self, error: Exception | None) -> None:
        if not self._is_open.done():
            self._is_open.set_exception(ConnectionError("cut during the handshake"))
        self._end()

    def _end(self) -> None:
        on_close, self._on_close, self._on_frame = self._on_close, _ignore, _ignore
        on_close(self.code)

    def _take_frames(self, buffer: bytes, place: int) -> int:
        """Handles all complete frames. Returns where the rest begins."""
        for opcode, payload, end in frames_of(buffer, place):
            place = end
            if opcode == _TEXT:
                self._on_frame(orjson.loads(payload))
            elif opcode == _PING and self.transport is not None:
                self.transport.write(bytes((0x8A, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
            elif opcode == _CLOSE:
                self.code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
                self.cut()
        return place
