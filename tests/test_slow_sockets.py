"""A WebSocket whose client reads slowly, but all the time, lives and is served. One whose client does not is closed."""

import asyncio

import pytest
import uvloop

from app.fastapi_engine.patched.websocket_protocol import WebSocketProtocol
from app.modules.sockets_module.services import send_buffer
from app.modules.sockets_module.services.send_buffer import SendBuffer, Turn
from tests.fakers import eventually
from tests.slow_socket import Replay, connected


async def eventually_full(protocol: WebSocketProtocol) -> None:
    """Waits until the server has written as much as the kernel and the transport take."""

    async def is_full() -> bool:
        return not protocol.writable.is_set()

    await eventually(is_full)


async def test_what_a_client_sends_is_received_while_it_reads_a_replay() -> None:
    replay = Replay(count=200, size=20_000)
    async with connected(replay, kernel_takes=65_536) as (_, client):
        await client.read(100_000)
        await client.send("meanwhile")
        while not replay.texts and not replay.is_sent:
            await client.read(20_000)
        assert (replay.texts, replay.is_sent) == (["meanwhile"], False)


async def test_a_ping_behind_a_replay_is_answered_at_the_pace_of_its_client() -> None:
    """Each step of the client is as long as the server waits for its answer."""
    async with connected(Replay(count=300, size=100_000)) as (protocol, client):
        await eventually_full(protocol)
        protocol.send_keepalive_ping()
        while protocol.pong_timer is not None:
            await client.read(200_000)
            if protocol.pong_timer is not None:
                protocol.keepalive_timeout()
        assert not protocol.close_sent


async def test_a_ping_behind_what_the_kernel_has_taken_is_delayed_too() -> None:
    replay = Replay(count=10, size=100_000)
    async with connected(replay) as (protocol, client):
        await client.read(1)
        assert (replay.is_sent, protocol.writable.is_set()) == (True, True)
        protocol.send_keepalive_ping()
        for _ in range(4):
            await client.read(200_000)
            protocol.keepalive_timeout()
        assert not protocol.close_sent


async def test_an_answer_is_not_missed_while_there_is_no_room_for_output() -> None:
    """Nothing is read from the client then."""
    replay = Replay(count=300, size=100_000, begins=False)
    async with connected(replay) as (protocol, client):
        protocol.send_keepalive_ping()
        replay.begin.set()
        await eventually_full(protocol)
        await client.read(200_000)
        assert protocol.pong_timer is not None
        protocol.keepalive_timeout()
        assert not protocol.close_sent


async def test_a_client_that_stops_reading_before_a_ping_is_closed() -> None:
    async with connected(Replay(count=80, size=100_000)) as (protocol, client):
        await eventually_full(protocol)
        protocol.send_keepalive_ping()
        await client.read(400_000)
        protocol.keepalive_timeout()
        assert not protocol.close_sent
        protocol.keepalive_timeout()
        assert protocol.close_sent


async def test_a_client_that_does_not_answer_a_ping_that_it_has_is_closed() -> None:
    async with connected(Replay(count=1, size=100_000), answers=False) as (protocol, client):
        await client.read(100_000)
        protocol.send_keepalive_ping()
        await client.read(1)
        protocol.keepalive_timeout()
        assert protocol.close_sent


def test_a_client_that_has_left_counts_as_having_received_nothing() -> None:
    async def leave() -> None:
        replay = Replay(count=300, size=100_000)
        async with connected(replay) as (protocol, _):
            await eventually_full(protocol)
            assert replay.buffer is not None
            buffer, answers = replay.buffer, list[bool]()
            protocol.transport.abort()
            # Before the sender notices it.
            asyncio.get_running_loop().call_soon(lambda: answers.append(buffer.is_stalled()))
            await asyncio.sleep(0.01)
            assert answers == [False]

    uvloop.run(leave())


async def test_a_client_is_stalled_once_it_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes until there is room for more output."""
    monkeypatch.setattr(send_buffer, "STALLED_AFTER", 0)
    replay = Replay(count=300, size=100_000)
    async with connected(replay) as (protocol, client):
        await eventually_full(protocol)
        assert replay.buffer is not None
        for _ in range(10):
            await client.read(200_000)
            assert not replay.buffer.is_stalled()
        await eventually_full(protocol)
        replay.buffer.is_stalled()
        assert replay.buffer.is_stalled()


@pytest.mark.parametrize(("rate", "is_stalled"), [(2048, False), (512, True)])
def test_a_client_that_reads_less_than_it_must_is_stalled(
    monkeypatch: pytest.MonkeyPatch, rate: int, is_stalled: bool
) -> None:
    now, received = 100.0, 0
    monkeypatch.setattr(send_buffer, "monotonic", lambda: now)
    buffer = SendBuffer(Replay(1, 1), None, lambda: None, Turn(), lambda: received)  # type: ignore[arg-type]
    buffer.blocked_since = now
    for _ in range(20):
        now += 1
        received += rate
        was_stalled = buffer.is_stalled()
    assert was_stalled is is_stalled
