"""However the frames of a client are split into packets, the application receives each message once and in order."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from tests.websocket_line import MAX, cut, serve, shaking_hands

texts = st.text(max_size=40) | st.sampled_from(["", "a" * 125, "я" * 63, "b" * 126, "c" * 65_535, "я" * 33_000])
pieces = st.lists(texts.filter(lambda text: len(text) < 1000), min_size=2, max_size=4)
binaries = st.binary(max_size=20)
said = st.lists(
    st.tuples(st.just("text"), texts)
    | st.tuples(st.just("pieces"), pieces)
    | st.tuples(st.just("binary"), binaries)
    | st.tuples(st.just("ping"), binaries),
    max_size=8,
)
cuts = st.lists(st.integers(0, 400), max_size=12)


def encode(messages: Sequence[tuple[str, Any]]) -> tuple[bytes, list[str | bytes]]:
    """Returns the bytes that a client sends, and the messages in them."""
    frames, meant = [], list[str | bytes]()
    for kind, content in messages:
        if kind == "pieces":
            frames += [
                Frame(Opcode.CONT if place else Opcode.TEXT, part.encode(), fin=place == len(content) - 1)
                for place, part in enumerate(content)
            ]
            meant.append("".join(content))
        elif kind == "ping":
            frames.append(Frame(Opcode.PING, content))
        else:
            frames.append(Frame(*((Opcode.TEXT, content.encode()) if kind == "text" else (Opcode.BINARY, content))))
            meant.append(content)
    return b"".join(frame.serialize(mask=True) for frame in frames), meant


@pytest.mark.parametrize("at_once", [False, True])
@given(said, cuts, st.booleans())
def test_each_message_is_received_once_and_in_order(
    at_once: bool, messages: list[tuple[str, Any]], places: list[int], is_early: bool
) -> None:
    data, meant = encode(messages)
    application, line = asyncio.run(serve(cut(data, places), at_once=at_once, is_early=is_early))
    assert application.received == meant
    assert application.close_code == 1005
    assert line.written.count(b"\x8a") >= sum(kind == "ping" for kind, _ in messages)


WRONG = {
    "not masked": (Frame(Opcode.TEXT, b"a").serialize(mask=False), 1002),
    "a reserved bit": (bytes([0xC1, 0x80, 0, 0, 0, 0]), 1002),
    "the middle of nothing": (Frame(Opcode.CONT, b"a").serialize(mask=True), 1002),
    "a text within a text": (
        Frame(Opcode.TEXT, b"a", fin=False).serialize(mask=True) + Frame(Opcode.TEXT, b"b").serialize(mask=True),
        1002,
    ),
    "no UTF-8": (Frame(Opcode.TEXT, b"\xff").serialize(mask=True), 1007),
    "half of a surrogate pair": (
        Frame(Opcode.TEXT, "\ud800".encode(errors="surrogatepass")).serialize(mask=True),
        1007,
    ),
    "too long": (Frame(Opcode.TEXT, b"a" * (MAX + 1)).serialize(mask=True), 1009),
    "too long to come": (bytes([0x81, 0xFF]) + b"\x7f" + b"\xff" * 7, 1009),
    "too long in pieces": (
        Frame(Opcode.TEXT, b"a" * MAX, fin=False).serialize(mask=True) + Frame(Opcode.CONT, b"a").serialize(mask=True),
        1009,
    ),
}


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("name", WRONG)
async def test_an_invalid_frame_ends_the_connection_after_the_valid_ones(name: str, at_once: bool) -> None:
    wrong, code = WRONG[name]
    before, _ = encode([("text", "до")])
    after, _ = encode([("text", "после")])
    for packets in ([before + wrong + after], [before, wrong, after], [before + wrong[:3], wrong[3:] + after]):
        application, line = await serve(packets, at_once=at_once)
        assert application.received == ["до"]
        assert application.close_code == code
        assert code.to_bytes(2, "big") in line.written


@pytest.mark.parametrize("at_once", [False, True])
async def test_nothing_is_received_after_a_close(at_once: bool) -> None:
    before, _ = encode([("text", "до")])
    after, _ = encode([("text", "после")])
    close = Frame(Opcode.CLOSE, (1000).to_bytes(2, "big")).serialize(mask=True)
    application, _ = await serve([before + close + after], at_once=at_once)
    assert (application.received, application.close_code) == (["до"], 1000)


async def test_a_handshake_during_the_shutdown_is_answered_like_a_request() -> None:
    async with shaking_hands() as (protocol, _, line):
        protocol.shutdown()
    head, _, body = line.written.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nretry-after: 1" in head
    assert b"\r\nx-request-id: one-of-annas\r\n" in head
    assert orjson.loads(body)["code"] == "unavailable"
    assert line.is_over
