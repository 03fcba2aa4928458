"""A WebSocket on a loopback connection, whose client decides how much it reads."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side, State

from app.fastapi_engine.patched.websocket_protocol import WebSocketProtocol
from app.modules.sockets_module.services.send_buffer import SendBuffer, Turn
from app.modules.streams_module.services.frames import encode_text_frame
from app.resources.constants import PROGRESS_EXTENSION, WRITE_EXTENSION
from tests.websocket_line import HANDSHAKE

_TIMEOUT = 30.0
_NEVER = 1000.0
"""Seconds until the timers of the protocol. A test calls what they call."""


class Replay:
    """An application that sends frames at the client's pace, and keeps the texts that it receives meanwhile."""

    def __init__(self, count: int, size: int, *, begins: bool = True) -> None:
        self._frame = encode_text_frame(b"x" * size)
        self._count = count
        self.buffer: SendBuffer | None = None
        self.texts: list[str] = []
        self.close_code: int | None = None
        self.begin = asyncio.Event()
        if begins:
            self.begin.set()
        self.is_sent = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        extensions = scope["extensions"]
        write, count_received = extensions[WRITE_EXTENSION], extensions[PROGRESS_EXTENSION]
        self.buffer = SendBuffer(send, write, lambda: None, Turn(), count_received)
        sending = asyncio.create_task(self._send(self.buffer))
        while (message := await receive())["type"] == "websocket.receive":
            self.texts.append(message["text"])
        self.close_code = message["code"]
        self.buffer.close()
        self.begin.set()
        await sending

    async def _send(self, buffer: SendBuffer) -> None:
        await self.begin.wait()
        for _ in range(self._count):
            await buffer.put_page([self._frame])
        self.is_sent = True


class SlowClient:
    """A client that answers what it has read at once, and reads only if a test calls `read`."""

    def __init__(self, connection: socket.socket, *, answers: bool) -> None:
        self._connection = connection
        self._answers = answers
        self._protocol = Protocol(Side.CLIENT, state=State.OPEN, max_size=None)

    async def shake_hands(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await asyncio.get_running_loop().sock_recv(self._connection, 1)

    async def read(self, size: int) -> bool:
        """Reads `size` bytes. Returns False if the server has closed the connection."""
        loop = asyncio.get_running_loop()
        while size > 0:
            piece = await loop.sock_recv(self._connection, min(size, 65_536))
            if not piece:
                return False
            size -= len(piece)
            self._protocol.receive_data(piece)
            self._protocol.events_received()
            for answer in self._protocol.data_to_send():
                if self._answers:
                    await loop.sock_sendall(self._connection, answer)
            await asyncio.sleep(0)
        return True

    async def send(self, text: str) -> None:
        frame = Frame(Opcode.TEXT, text.encode()).serialize(mask=True)
        await asyncio.get_running_loop().sock_sendall(self._connection, frame)


@asynccontextmanager
async def connected(
    application: Replay, *, answers: bool = True, kernel_takes: int | None = None
) -> AsyncIterator[tuple[WebSocketProtocol, SlowClient]]:
    """Connects a client. The server's kernel takes `kernel_takes` bytes of its output, by default megabytes."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.connect(listener.getsockname())
        connection.setblocking(False)
        accepted = listener.accept()[0]
        if kernel_takes is not None:
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, kernel_takes)
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, accepted)
        config = Config(application, ws_ping_interval=_NEVER, ws_ping_timeout=_NEVER, log_config=None)
        protocol = WebSocketProtocol(config, ServerState(), {})
        protocol.connection_made(transport)
        transport.set_protocol(protocol)
        protocol.take_handshake(HANDSHAKE, b"", _NEVER)
        client = SlowClient(connection, answers=answers)
        try:
            async with asyncio.timeout(_TIMEOUT):
                await client.shake_hands()
                yield protocol, client
        finally:
            transport.abort()
            while protocol.tasks:
                await asyncio.wait(protocol.tasks)
