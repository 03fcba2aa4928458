"""A wire that a test can cut: between a client and the server, or between the server and its database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wire:
    """Passes bytes on. Cut, it ends every connection and refuses new ones; deaf, it loses what is answered."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self._listener: asyncio.Server | None = None
        self.port = 0
        self.is_deaf = False

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def mend(self) -> None:
        self.is_deaf = False
        self._listener = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    def cut(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._target
        if host.startswith("/"):
            target_reader, target_writer = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            target_reader, target_writer = await asyncio.open_connection(host, port)
        ends = {writer, target_writer}
        self._writers |= ends
        there = asyncio.create_task(self._pass(reader, target_writer, is_answer=False))
        back = asyncio.create_task(self._pass(target_reader, writer, is_answer=True))
        await asyncio.wait([there, back], return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.close()
        await asyncio.wait([there, back])
        self._writers -= ends

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if not (is_answer and self.is_deaf):
                    writer.write(data)
                    await writer.drain()


@asynccontextmanager
async def wire_to(host: str, port: int) -> AsyncIterator[Wire]:
    wire = Wire(host, port)
    await wire.mend()
    try:
        yield wire
    finally:
        wire.cut()
