"""The cost of one WebSocket client to the others is bounded, whatever frames it sends."""

import pytest
from websockets.frames import Frame, Opcode

from app.fastapi_engine.patched import frame_reading
from app.fastapi_engine.patched.frame_reading import FRAMES_A_TURN, SMALL_FRAMES_AT_ONCE
from tests.websocket_line import MAX, connected, serve, settle

BEGINNING = Frame(Opcode.TEXT, b"", fin=False).serialize(mask=True)
FLOODS = {
    "pings": Frame(Opcode.PING, b"").serialize(mask=True),
    "pongs": Frame(Opcode.PONG, b"unasked").serialize(mask=True),
    "empty fragments": Frame(Opcode.CONT, b"", fin=False).serialize(mask=True),
    "tiny fragments": Frame(Opcode.CONT, b"a", fin=False).serialize(mask=True),
    "fragments with pings": Frame(Opcode.CONT, b"a", fin=False).serialize(mask=True)
    + Frame(Opcode.PING, b"").serialize(mask=True),
}
TEXT = Frame(Opcode.TEXT, b"{}").serialize(mask=True)
CLOSE = Frame(Opcode.CLOSE, (1000).to_bytes(2, "big")).serialize(mask=True)


@pytest.fixture(autouse=True)
def burst_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow no additional small frames over time: a busy machine is slow."""
    monkeypatch.setattr(frame_reading, "SMALL_FRAMES_PER_SECOND", 0.0)


@pytest.mark.parametrize("name", FLOODS)
async def test_too_many_small_frames_end_the_connection(name: str) -> None:
    begin = BEGINNING if "fragments" in name else b""
    application, line = await serve([TEXT + begin + FLOODS[name] * 5000], at_once=True)
    assert (application.received, application.close_code) == (["{}"], 1008)
    assert line.written.count(b"\x8a") <= SMALL_FRAMES_AT_ONCE


async def test_a_flood_after_the_servers_close_is_not_read() -> None:
    async with connected(at_once=True) as (protocol, _, line):
        await protocol.send({"type": "websocket.close", "code": 4401})
        protocol.data_received(FLOODS["pings"] * 5000)
        while line.is_paused:
            await settle()
        assert line.written.count(b"\x8a") <= SMALL_FRAMES_AT_ONCE


async def test_a_limited_number_of_frames_is_read_per_turn_of_the_loop() -> None:
    async with connected(at_once=True) as (protocol, application, line):
        protocol.data_received(TEXT * 1000)
        assert line.is_paused
        assert protocol.queue.qsize() == 1
        assert application.received == []
        turns = 0
        while len(application.received) < 1000:
            before = len(application.received)
            await settle()
            assert len(application.received) - before <= 3 * FRAMES_A_TURN
            turns += 1
        assert turns > 1000 / FRAMES_A_TURN / 3
        await settle()
        assert not line.is_paused


async def test_nothing_is_read_from_a_client_that_does_not_read() -> None:
    async with connected(at_once=True) as (protocol, application, line):
        protocol.pause_writing()
        await settle()
        assert line.is_paused
        protocol.data_received(TEXT * (FRAMES_A_TURN + 1))
        await settle()
        assert len(application.received) == FRAMES_A_TURN
        protocol.resume_writing()
        await settle()
        assert len(application.received) == FRAMES_A_TURN + 1
        assert not line.is_paused


WRONG_HEADERS = {
    "not masked": (b"\x81\x05", 1002),
    "a reserved bit": (b"\xc1\x85", 1002),
    "an unknown opcode": (b"\x83\x85", 1002),
    "the middle of nothing": (b"\x80\x85", 1002),
    "a long ping": (b"\x89\xfe", 1002),
    "a ping in fragments": (b"\x09\x85", 1002),
    "a text within a text": (BEGINNING + b"\x81\x85", 1002),
    "too long": (b"\x82\xff" + (MAX + 1).to_bytes(8, "big"), 1009),
    "too long with what came before": (
        Frame(Opcode.TEXT, b"a" * MAX, fin=False).serialize(mask=True) + b"\x00\xfe\x01\x00",
        1009,
    ),
}


@pytest.mark.parametrize("name", WRONG_HEADERS)
async def test_a_header_is_checked_when_it_arrives(name: str) -> None:
    """Not when the frame is complete, which it may never be."""
    header, code = WRONG_HEADERS[name]
    application, line = await serve([TEXT + header], at_once=True)
    assert (application.received, application.close_code) == (["{}"], code)
    assert code.to_bytes(2, "big") in line.written


async def test_a_close_may_come_between_two_fragments() -> None:
    application, line = await serve([BEGINNING + CLOSE], at_once=True)
    assert application.close_code == 1000
    assert line.written.endswith(b"\x88\x02\x03\xe8")


async def test_a_close_by_the_server_does_not_wait_for_half_a_frame() -> None:
    """The client may complete its frame, and answers the close: then the connection ends."""
    long = Frame(Opcode.TEXT, b"a" * 1000).serialize(mask=True)
    async with connected(at_once=True) as (protocol, application, line):
        protocol.data_received(long[:500])
        await protocol.send({"type": "websocket.close", "code": 4401})
        assert line.written.endswith(b"\x88\x02" + (4401).to_bytes(2, "big"))
        protocol.data_received(long[500:] + CLOSE)
        assert line.is_over
    assert (application.received, application.close_code) == ([], 4401)
