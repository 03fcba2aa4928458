"""What a chunked body has beside its content is limited, and is kept nowhere."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.fastapi_engine import body_meter
from app.fastapi_engine.patched.http_protocol import HttpProtocol
from tests.existing import existing
from tests.servers import listening
from tests.test_connections import Stage
from tests.test_upgrades import TIMEOUT, statuses, talk

MIB = 1024 * 1024
CONTENT = b"%x\r\n%s\r\n" % (MIB, b"a" * MIB)
CHUNKED = b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
FRAMING = {
    "many small trailers": b"0\r\n" + b"a:b\r\n" * 30_000,
    "a large trailer": b"0\r\nX-Trailer: " + b"a" * 150_000,
    "a large chunk extension": b"1;" + b"a" * 150_000,
}


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with listening(Stage().app) as address:
        yield address


async def test_trailers_are_not_headers(address: str) -> None:
    answer = await talk(address, [b"POST /echo" + CHUNKED, b"4\r\nabcd\r\n0\r\nX-Trailer: here\r\n\r\n"], until=b"]")
    assert (statuses(answer), b'["abcd","none"]' in answer) == ([b"200"], True)


async def test_the_overhead_of_chunks_is_limited(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_meter, "FRAMING_BYTES", 1000)
    for endless in (b"1;" + b"a" * 2000, b"0\r\nX-Trailer: " + b"a" * 2000):
        assert statuses(await talk(address, [b"POST /echo" + CHUNKED, endless])) == [b"413"]


@pytest.mark.parametrize("framing", FRAMING.values(), ids=FRAMING)
async def test_content_does_not_pay_for_what_is_sent_behind_it(address: str, framing: bytes) -> None:
    assert statuses(await talk(address, [b"POST /echo" + CHUNKED + CONTENT, framing])) == [b"413"]


@pytest.mark.parametrize("framing", FRAMING.values(), ids=FRAMING)
async def test_trailers_behind_an_early_answer_are_neither_kept_nor_read_forever(address: str, framing: bytes) -> None:
    host, port = address.split(":")
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /fast" + CHUNKED)
        await reader.readuntil(b'"x"]')
        # The server is in this process.
        here = writer.get_extra_info("sockname")
        (protocol,) = [one for one in existing(HttpProtocol) if one.client == here]
        writer.write(CONTENT + framing)
        assert await reader.read() == b""
        assert [name for name, _ in protocol.headers] == [b"host", b"transfer-encoding"]
        writer.close()


async def test_a_body_with_trailers_within_the_limit_is_served(address: str) -> None:
    trailers = b"0\r\n" + b"X-Trailer: %s\r\n\r\n" % (b"a" * 40_000)
    answer = await talk(address, [b"POST /echo" + CHUNKED + CONTENT, trailers], until=b"]")
    assert (statuses(answer), answer.endswith(b'aaa","none"]')) == ([b"200"], True)
