"""A proxy that a test can cut, slow down and silence. It is put before the server, or before the database."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.processes import free_port

_MAX_HELD = 1 << 18
"""Bytes in transit in one direction; beyond that the sender has to wait."""
_STEP = 0.05
"""Seconds between two portions of a throttled connection."""


class Wire:
    """Forwards bytes.

    Cut, it ends every connection and refuses new ones, until it is restored. Deaf, it loses the server's answers.
    Slowed down by `latency` (seconds, in each direction) or `bytes_per_second` (of each connection and direction), it
    loses nothing, and neither does it while it is silent: then all bytes wait, as packets that are sent again do."""

    def __init__(self, host: str, port: int) -> None:
        self.target = host, port
        self.ends: set[_End] = set()
        self.port = 0
        self.is_deaf = False
        self.latency = 0.0
        self.bytes_per_second: int | None = None
        self.speaks = asyncio.Event()
        self.speaks.set()
        self._listener: asyncio.Server | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def restore(self) -> None:
        """Listen again, and forward at full speed."""
        self.is_deaf, self.latency, self.bytes_per_second = False, 0.0, None
        self.speak()
        if self._listener is None:
            loop = asyncio.get_running_loop()
            # It is kept while nothing listens on it.
            self.port = self.port or free_port()
            self._listener = await loop.create_server(lambda: _End(self, None), "127.0.0.1", self.port)

    def cut(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.reset()

    def reset(self) -> None:
        """Resets every connection, as a firewall does that has dropped their state."""
        for end in tuple(self.ends):
            end.reset()

    def forget(self) -> None:
        """Drops everything that the present connections carry from now on, without a sign to either side."""
        for end in tuple(self.ends):
            end.is_forgotten = True

    def half_close(self) -> None:
        """Signals the end of data to the serving side of every connection; its answers still pass."""
        for end in tuple(self.ends):
            if end.is_target:
                end.take(b"")

    def silence(self) -> None:
        self.speaks.clear()

    def speak(self) -> None:
        self.speaks.set()
        for end in tuple(self.ends):
            end.pump()


class _End(asyncio.Protocol):
    """One end of a connection. Its peer writes what it reads. An empty portion is the end of the data."""

    def __init__(self, wire: Wire, peer: "_End | None") -> None:
        self.is_target = peer is not None
        self._wire = wire
        self.is_forgotten = False
        self._peer = peer
        self._transport: asyncio.Transport | None = None
        self._held: deque[tuple[float, bytes]] = deque()
        self._bytes_held = 0
        self._timer: asyncio.TimerHandle | None = None
        self._has_received_end = self._has_sent_end = False
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._wire.ends.add(self)
        if self._peer is None:
            # Soon: in the first releases of Python 3.11 the transport, once begun, undoes a pause made at this point.
            asyncio.get_running_loop().call_soon(transport.pause_reading)
            self._connecting = asyncio.create_task(self._connect(transport))

    async def _connect(self, transport: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        host, port = self._wire.target
        await self._wire.speaks.wait()
        try:
            if host.startswith("/"):
                _, self._peer = await loop.create_unix_connection(
                    lambda: _End(self._wire, self), f"{host}/.s.PGSQL.{port}"
                )
            else:
                _, self._peer = await loop.create_connection(lambda: _End(self._wire, self), host, port)
        except OSError:
            transport.abort()
            return
        if transport.is_closing():
            self._peer.reset()
        else:
            transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._peer is not None and not (self.is_target and self._wire.is_deaf) and not self.is_forgotten:
            self._peer.take(data)

    def eof_received(self) -> bool:
        self._has_received_end = True
        if self._peer is not None:
            self._peer.take(b"")
        if self._has_sent_end and self._transport is not None:
            self._transport.close()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._wire.ends.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._peer is None or (self._has_received_end and self._has_sent_end):
            return
        if self._peer._held or not self._wire.speaks.is_set():
            # The other side does not know yet: bytes in transit come first.
            self._peer.take(b"")
        else:
            self._peer.reset()

    def pause_writing(self) -> None:
        self._hold_back(True)

    def resume_writing(self) -> None:
        self._hold_back(False)

    def take(self, data: bytes) -> None:
        """Writes, now or when the wire allows it."""
        wire = self._wire
        if not self._held and not wire.latency and wire.bytes_per_second is None and wire.speaks.is_set():
            self._write(data)
            return
        self._held.append((asyncio.get_running_loop().time() + wire.latency, data))
        self._bytes_held += len(data)
        if self._bytes_held > _MAX_HELD:
            self._hold_back(True)
        if self._timer is None:
            self.pump()

    def pump(self) -> None:
        """Writes what is due."""
        loop, wire = asyncio.get_running_loop(), self._wire
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        room = None if wire.bytes_per_second is None else max(int(wire.bytes_per_second * _STEP), 1)
        while self._held and wire.speaks.is_set():
            due, data = self._held[0]
            if due > loop.time() or room == 0:
                self._timer = loop.call_at(max(due, loop.time() + (_STEP if room == 0 else 0)), self.pump)
                return
            part = data[:room]
            self._held.popleft()
            if len(part) < len(data):
                self._held.appendleft((due, data[room:]))
            self._bytes_held -= len(part)
            room = None if room is None else room - len(part)
            self._write(part)
        if self._bytes_held <= _MAX_HELD and wire.speaks.is_set():
            self._hold_back(False)

    def reset(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            raw = self._transport.get_extra_info("socket")
            if raw.family != socket.AF_UNIX:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing() or self._has_sent_end:
            return
        if data:
            self._transport.write(data)
            return
        self._has_sent_end = True
        if self._has_received_end:
            self._transport.close()
        else:
            # The other side may have reset the connection: the transport learns that with its next write.
            with suppress(OSError):
                self._transport.write_eof()

    def _hold_back(self, is_full: bool) -> None:
        peer = self._peer
        if peer is not None and peer._transport is not None and not peer._transport.is_closing():
            if is_full:
                peer._transport.pause_reading()
            else:
                peer._transport.resume_reading()


@asynccontextmanager
async def wire_to(host: str, port: int) -> AsyncIterator[Wire]:
    wire = Wire(host, port)
    await wire.restore()
    try:
        yield wire
    finally:
        wire.cut()
