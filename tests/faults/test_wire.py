"""The wire, by which network faults are made, loses nothing unless it is set to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.wire import Wire, wire_to

TEXT = bytes(range(256)) * 2_000
END = b"that was all"


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A wire to a server that echoes everything, and then reports that it has received the end."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
            writer.write(END)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, wire_to(*server.sockets[0].getsockname()) as wire:
        yield wire


@asynccontextmanager
async def sending(wire: Wire) -> AsyncIterator[asyncio.StreamReader]:
    """A client that has sent everything and waits for the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    try:
        writer.write(TEXT)
        writer.write_eof()
        yield reader
    finally:
        writer.transport.abort()


async def test_it_forwards_all_bytes_and_the_end_of_each_side(wire: Wire) -> None:
    async with sending(wire) as reader:
        assert await reader.read() == TEXT + END


async def test_a_slow_wire_keeps_the_order(wire: Wire) -> None:
    wire.latency = 0.01
    wire.bytes_per_second = 5_000_000
    async with sending(wire) as reader:
        assert await reader.read() == TEXT + END


async def test_bytes_that_wait_during_silence_arrive_afterwards(wire: Wire) -> None:
    """On a connection that was open already, and on one that is opened meanwhile."""
    async with sending(wire) as before:
        wire.silence()
        async with sending(wire) as meanwhile:
            await asyncio.sleep(0.05)
            wire.speak()
            assert await before.read() == TEXT + END
            assert await meanwhile.read() == TEXT + END


async def test_a_silent_wire_withholds_the_end_of_a_connection(wire: Wire) -> None:
    """As a network that has lost one side: the other side goes on waiting."""
    _, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(b"?")
    while sum(end.is_target for end in wire.ends) < 1:  # noqa: ASYNC110 - there is no notification
        await asyncio.sleep(0.01)
    wire.silence()
    writer.transport.abort()
    await asyncio.sleep(0.05)
    assert any(end.is_target for end in wire.ends)
    wire.speak()
    while wire.ends:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_a_half_closed_connection_still_forwards_the_answer(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(b"?")
    assert await reader.readexactly(1) == b"?"
    wire.half_close()
    assert await reader.read() == END
    writer.close()


async def test_a_reset_ends_present_connections_and_no_later_ones(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(b"?")
    assert await reader.readexactly(1) == b"?"
    wire.reset()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    async with sending(wire) as again:
        assert await again.read() == TEXT + END


async def test_no_other_program_gets_the_port_of_a_wire_that_is_cut(wire: Wire) -> None:
    wire.cut()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", wire.port))
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", wire.port)
    await wire.restore()
    async with sending(wire) as reader:
        assert await reader.read() == TEXT + END
