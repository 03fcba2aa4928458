"""A connection of the WebSocket protocol without a network: a transport that keeps what is written."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.http11 import Request

from app.fastapi_engine.patched.websocket_protocol import WebSocketProtocol
from app.resources.constants import RECEIVE_EXTENSION

HANDSHAKE = Request(
    "/ws",
    Headers(
        [
            ("host", "test"),
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("x-request-id", "one-of-annas"),
        ]
    ),
)
MAX = 70_000
"""The maximum size of a message in bytes: more than a two-byte length can express."""


class Line(asyncio.Transport):
    """A transport that keeps what is written, and records if reading is paused."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_paused = False
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.is_over:
            self.written += bytes(data)

    def pause_reading(self) -> None:
        assert not self.is_paused
        self.is_paused = True

    def resume_reading(self) -> None:
        assert self.is_paused
        self.is_paused = False

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.is_over = True


class Application:
    """An application that accepts, and keeps what it receives until the end."""

    def __init__(self, *, at_once: bool) -> None:
        self._at_once = at_once
        self.received: list[str | bytes] = []
        self.close_code: int | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        if self._at_once:
            receive = scope["extensions"][RECEIVE_EXTENSION]
        while (message := await receive())["type"] == "websocket.receive":
            self.received += message.get("texts") or [message.get("text", message.get("bytes"))]
        self.close_code = message["code"]


@asynccontextmanager
async def shaking_hands(
    *, at_once: bool = False, early: bytes = b""
) -> AsyncIterator[tuple[WebSocketProtocol, Application, Line]]:
    """A connection that the application has not accepted yet, and that is lost at the end."""
    application, line = Application(at_once=at_once), Line()
    config = Config(application, ws_max_size=MAX, ws_per_message_deflate=False)
    protocol = WebSocketProtocol(config, ServerState(), {})
    protocol.connection_made(line)
    protocol.take_handshake(HANDSHAKE, early, 10)
    try:
        yield protocol, application, line
    finally:
        protocol.connection_lost(None)
        await asyncio.gather(*protocol.tasks)


@asynccontextmanager
async def connected(*, at_once: bool, early: bytes = b"") -> AsyncIterator[tuple[WebSocketProtocol, Application, Line]]:
    """A connection that is accepted, and lost at the end."""
    async with shaking_hands(at_once=at_once, early=early) as opened:
        await settle()
        yield opened
        await settle()


async def serve(packets: Sequence[bytes], *, at_once: bool, is_early: bool = False) -> tuple[Application, Line]:
    """Feeds these packets to a connection, and nothing more."""
    rest = list(packets)
    early = rest.pop(0) if is_early and rest else b""
    async with connected(at_once=at_once, early=early) as (protocol, application, line):
        for packet in rest:
            protocol.data_received(packet)
            async with asyncio.timeout(30):
                while line.is_paused:
                    await settle()
    return application, line


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Returns the data in pieces, as reads may return it."""
    edges = sorted({0, len(data), *(place for place in places if place < len(data))})
    return [data[begin:end] for begin, end in pairwise(edges)]
