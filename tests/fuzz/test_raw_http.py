"""For any bytes, the server and RFC 9112 agree on where each request ends, and each request has one answer."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from uvicorn import Config
from uvicorn.server import ServerState

from app.fastapi_engine.patched import http_protocol
from app.fastapi_engine.patched.http_protocol import HttpProtocol
from tests.fuzz.echo import Echo, encode, read_answers
from tests.fuzz.effort import effort
from tests.fuzz.raw_http import LAST, SMUGGLED, cuts, streams
from tests.fuzz.splitter import Ruling, split
from tests.websocket_line import cut


class Line(asyncio.Transport):
    """A transport in memory, which keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_over, data
        self.written += bytes(data)

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.is_over = True

    def abort(self) -> None:
        self.is_over = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def serve(pieces: Sequence[bytes]) -> tuple[Echo, bytes]:
    """Returns what the application received, and what the server wrote until it closed the connection."""
    echo, line = Echo(), Line()
    protocol = HttpProtocol(Config(echo, ws="none"), ServerState(), {})
    protocol.connection_made(line)
    for piece in pieces:
        if line.is_over:
            break
        protocol.data_received(piece)
        await settle()
    if not line.is_over and not protocol.eof_received():
        line.close()
    for _ in range(20):
        if line.is_over:
            break
        await settle()
    assert line.is_over
    protocol.connection_lost(None)
    await asyncio.gather(*protocol.tasks)
    return echo, line.written


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


@pytest.mark.parametrize("at_once", [16 * 1024, 40])
@given(stream=streams, places=cuts)
@example(
    stream=b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 35\r\n\r\n"
    + SMUGGLED
    + LAST,
    places=[93],
)
@effort(300)
async def test_each_request_ends_where_the_standard_says(
    monkeypatch: pytest.MonkeyPatch, at_once: int, stream: bytes, places: list[int]
) -> None:
    monkeypatch.setattr(http_protocol, "PARSED_AT_ONCE", at_once)
    echo, written = await serve(cut(stream, places))
    answers = read_answers(written)
    assert all(answer.status for answer in answers)
    assert [answer.echo for answer in answers if answer.echo is not None] == [encode(asked) for asked in echo.asked]
    for request in split(stream):
        if not answers:
            assert not request.is_whole or request.may_end_connection, request
            return
        answer = answers.pop(0)
        if answer.echo is None:
            assert request.ruling is not Ruling.SERVE or not request.is_whole, (request, answer)
            assert not answers
            return
        assert request.is_whole, request
        assert request.ruling is not Ruling.MUST_REFUSE, request
        assert answer.echo == encode((request.method, request.target, request.body))
        if request.may_end_connection and not answers:
            return
    assert not answers
