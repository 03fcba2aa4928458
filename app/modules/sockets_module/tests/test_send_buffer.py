"""What a socket sends in one turn of the event loop."""

import asyncio
from collections.abc import Callable
from typing import Any

from app.modules.sockets_module.services.send_buffer import MAX_FRAMES, SendBuffer, Turn
from app.modules.streams_module.services.frames import encode_text_frame
from tests.fakers import eventually


async def refuse(message: Any) -> None:
    raise AssertionError


def buffer_of(turn: Turn, write: Callable[[bytes], bool]) -> SendBuffer:
    return SendBuffer(refuse, write, lambda: None, turn)


def recording(writes: list[bytes]) -> Callable[[bytes], bool]:
    def write(frame: bytes) -> bool:
        writes.append(frame)
        return True

    return write


async def test_the_frames_of_one_turn_are_one_write_per_socket() -> None:
    turn, first, second = Turn(), list[bytes](), list[bytes]()
    one, two = buffer_of(turn, recording(first)), buffer_of(turn, recording(second))
    one.put([b"reply"])
    two.put([b"event"])
    one.put([])
    one.put([b", event", b", event"])
    assert first == second == []
    await asyncio.sleep(0)
    assert (first, second) == ([b"reply, event, event"], [b"event"])
    one.put([b"later"])
    await asyncio.sleep(0)
    assert first[1:] == [b"later"]
    assert len(second) == 1


async def test_more_frames_in_one_turn_than_a_buffer_holds_are_not_all_given_to_a_full_transport() -> None:
    writes: list[bytes] = []
    overflows: list[bool] = []

    def fill(frame: bytes) -> bool:
        writes.append(frame)
        return len(writes) == 1

    buffer = SendBuffer(refuse, fill, lambda: overflows.append(True), Turn())
    for _ in range(10):
        buffer.put([b"event"] * MAX_FRAMES)
    await asyncio.sleep(0)
    assert len(writes[0]) <= 2 * MAX_FRAMES * len(b"event")
    assert overflows == [True]


async def test_a_transport_that_becomes_full_gets_only_the_first_of_many_large_frames() -> None:
    writes: list[bytes] = []
    overflows: list[bool] = []

    def fill(frame: bytes) -> bool:
        writes.append(frame)
        return len(writes) == 1

    buffer = SendBuffer(refuse, fill, lambda: overflows.append(True), Turn())
    buffer.put([b"x" * 100_000] * 100)
    await asyncio.sleep(0)
    assert sum(map(len, writes)) <= 200_000
    assert overflows == [True]


async def test_frames_after_those_that_fill_the_transport_are_sent_later_in_order_and_only_once() -> None:
    writes: list[bytes] = []
    sent: list[str] = []

    def fill(frame: bytes) -> bool:
        if len(writes) < 2:
            writes.append(frame)
            return True
        return False

    async def send(message: Any) -> None:
        sent.append(message["text"])

    async def are_all_sent() -> bool:
        return len(sent) == 3

    buffer = SendBuffer(send, fill, lambda: None, Turn())
    texts = [letter * 30_000 for letter in "abcdefg"]
    buffer.put([encode_text_frame(text.encode()) for text in texts])
    await eventually(are_all_sent)
    assert [len(write) // 30_000 for write in writes] == [2, 2]
    assert sent == texts[4:]
    assert not buffer.closed


async def test_a_page_follows_the_frames_of_its_turn() -> None:
    writes: list[bytes] = []
    buffer = buffer_of(Turn(), recording(writes))
    buffer.put([b"live"])
    await buffer.put_page([b"first", b"second"])
    await asyncio.sleep(0)
    assert writes == [b"live", b"first", b"second"]


async def test_a_socket_that_closes_has_sent_the_frames_of_the_turn() -> None:
    writes: list[bytes] = []
    buffer = buffer_of(Turn(), recording(writes))
    buffer.put([b"last"])
    buffer.close()
    buffer.put([b"too late"])
    await asyncio.sleep(0)
    assert writes == [b"last"]


async def test_a_socket_that_cannot_write_does_not_hold_up_the_next_one() -> None:
    def fail(frame: bytes) -> bool:
        raise RuntimeError("broken transport")

    turn, writes = Turn(), list[bytes]()
    buffer_of(turn, fail).put([b"lost"])
    buffer_of(turn, recording(writes)).put([b"event"])
    await asyncio.sleep(0)
    assert writes == [b"event"]


async def test_a_socket_that_could_not_write_is_closed_so_that_its_client_reads_the_events_again() -> None:
    overflows: list[bool] = []

    def fail(frame: bytes) -> bool:
        raise MemoryError

    lost, closing = (SendBuffer(refuse, fail, lambda: overflows.append(True), Turn()) for _ in range(2))
    lost.put([b"lost"])
    await asyncio.sleep(0)
    assert (lost.closed, overflows) == (True, [True])
    closing.put([b"last"])
    closing.close()
    assert closing.closed
