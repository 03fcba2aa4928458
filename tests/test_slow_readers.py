"""Clients that read slowly, but all the time, are not taken for those that have stopped reading."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Response

from app.fastapi_engine.patched import http_protocol
from tests.servers import listening

TIMEOUT = 30.0
SIZE = 8_000_000
"""Bytes of a response that the kernel does not take as a whole."""


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setattr(http_protocol, "READ_TIMEOUT", 1.0)
    monkeypatch.setattr(http_protocol, "CHECK_EVERY", 0.1)
    app = FastAPI()
    app.get("/large")(lambda: Response(bytes(SIZE)))
    async with listening(app) as address:
        yield address


async def connect(address: str) -> socket.socket:
    """Connects a client whose system takes little more than what it reads."""
    host, port = address.split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, (host, int(port)))
    return client


@pytest.mark.parametrize("connection", [b"keep-alive", b"close"])
async def test_a_response_that_is_read_slowly_is_sent_completely(server: str, connection: bytes) -> None:
    """Reading it takes several times as long as a client may read nothing."""
    loop, received = asyncio.get_running_loop(), 0
    async with asyncio.timeout(TIMEOUT):
        with await connect(server) as client:
            await loop.sock_sendall(client, b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: %s\r\n\r\n" % connection)
            while received < SIZE and (piece := await loop.sock_recv(client, 100_000)):
                received += len(piece)
                await asyncio.sleep(0.03)
    assert received >= SIZE
