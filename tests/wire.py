"""A wire between a client and the server that a test can cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wire:
    """Passes bytes on. `cut` ends every connection and takes no new one; `is_deaf` loses what the server answers."""

    def __init__(self, target: str) -> None:
        self._host, _, self._port = target.rpartition(":")
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self.is_deaf = False
        self.address = ""

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._is_cut = self.is_deaf = False

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_connection(self._host, int(self._port))
        ends = {writer, server_writer}
        self._writers |= ends
        there = asyncio.create_task(self._pass(reader, server_writer, is_answer=False))
        back = asyncio.create_task(self._pass(server_reader, writer, is_answer=True))
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
async def wire_to(target: str) -> AsyncIterator[Wire]:
    wire = Wire(target)
    async with await asyncio.start_server(wire._connect, "127.0.0.1") as listener:
        wire.address = "{}:{}".format(*listener.sockets[0].getsockname())
        yield wire
        wire.cut()
