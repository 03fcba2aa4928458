"""Requests that follow each other on one connection before the first one is answered."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from tests.servers import listening
from tests.test_upgrades import TIMEOUT, statuses, talk

_FIRST = b"GET /first HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
"""The server closes behind the answer, as behind each one in HTTP/1.0."""


class Calls:
    """An application that records its calls."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.has_ended = asyncio.Event()
        self.app = FastAPI()
        self.app.get("/first")(self._first)
        self.app.delete("/second")(self._second)
        self.app.get("/parts")(self._parts)

    async def _first(self) -> None:
        self.made.append("first")

    async def _second(self) -> None:
        self.made.append("second")

    async def _parts(self) -> StreamingResponse:
        return StreamingResponse(self._endless())

    async def _endless(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"part"
                await asyncio.sleep(0)
        finally:
            self.has_ended.set()


async def test_no_request_behind_the_last_answer_is_executed(caplog: pytest.LogCaptureFixture) -> None:
    """The body of the next request is incomplete."""
    calls = Calls()
    second = b"DELETE /second HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n12"
    async with listening(calls.app) as address:
        answer = await talk(address, [_FIRST + second])
        reader, writer = await asyncio.open_connection(*address.split(":"))
        writer.write(_FIRST + second)
        writer.write_eof()
        async with asyncio.timeout(TIMEOUT):
            answer += await reader.read()
        writer.close()
    assert (statuses(answer), calls.made) == ([b"200"] * 2, ["first"] * 2)
    assert "Exception in ASGI application" not in caplog.text


async def test_a_bad_request_behind_the_last_answer_is_not_answered(caplog: pytest.LogCaptureFixture) -> None:
    calls = Calls()
    bad = b"POST /bad HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"
    async with listening(calls.app) as address:
        answer = await talk(address, [_FIRST + bad])
    assert (statuses(answer), calls.made) == ([b"200"], ["first"])
    assert "Exception in ASGI application" not in caplog.text


async def test_a_response_in_parts_ends_when_its_client_leaves_even_with_a_request_behind_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = Calls()
    both = b"GET /parts HTTP/1.1\r\nHost: x\r\n\r\nGET /first HTTP/1.1\r\nHost: x\r\n\r\n"
    async with listening(calls.app) as address:
        assert statuses(await talk(address, [both], until=b"part")) == [b"200"]
        async with asyncio.timeout(TIMEOUT):
            await calls.has_ended.wait()
    assert calls.made == []
    assert "Exception in ASGI application" not in caplog.text
