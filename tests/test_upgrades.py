"""A request to switch protocols that is no WebSocket handshake is served as if it had no Upgrade header."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import API
from tests.servers import listening

TIMEOUT = 20.0
OFFER = b"Connection: keep-alive, Upgrade, HTTP2-Settings\r\nUpgrade: %s\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
KEYS = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
WS = f"{API}/ws".encode()
HANDSHAKE = b"GET " + WS + b" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + KEYS
NEXT = b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SMUGGLED = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n%s" % (len(SMUGGLED), SMUGGLED)
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
PING = b"\x89\x80\0\0\0\0"
HELLO = b"\x81\x82\0\0\0\0{}"


@pytest.fixture
async def offline(base_settings: Settings) -> AsyncIterator[str]:
    """A server without a database."""
    async with listening(build_app(base_settings)) as address:
        yield address


async def talk(address: str, segments: Sequence[bytes], until: bytes | None = None) -> bytes:
    """Returns the answer to these segments, until the server closes or has sent `until`."""
    host, port = address.split(":")
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await asyncio.open_connection(host, int(port))
        for segment in segments:
            writer.write(segment)
            await asyncio.sleep(0.05 if len(segments) > 1 else 0)
        answer = b""
        while piece := await reader.read(65_536):
            answer += piece
            if until is not None and until in answer:
                break
        writer.transport.abort()
        return answer


def statuses(answer: bytes) -> list[bytes]:
    return [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]


def halves(data: bytes) -> list[bytes]:
    head = data.index(b"\r\n\r\n") + 4
    return [data[:head], data[head:]]


REQUESTS = {
    "h2c": (b"POST /healthcheck/live HTTP/1.1\r\nHost: x\r\n" + OFFER % b"h2c" + LENGTH, b"405"),
    "several words": (b"POST /healthcheck/live HTTP/1.1\r\nHost: x\r\n" + OFFER % b"foo/1, websocket" + CHUNKS, b"405"),
    "a body without a method for one": (
        b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\n" + OFFER % b"h2c" + LENGTH,
        b"200",
    ),
    "no body": (b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\n" + OFFER % b"h2c" + b"\r\n", b"200"),
    "a POST to the WebSocket's path": (HANDSHAKE.replace(b"GET", b"POST") + LENGTH, b"405"),
    "a handshake with a length": (HANDSHAKE + LENGTH, b"426"),
    "a handshake with chunks": (HANDSHAKE + CHUNKS, b"426"),
    "a handshake elsewhere": (HANDSHAKE.replace(WS, b"/healthcheck/live") + LENGTH, b"200"),
    "a handshake without its key": (HANDSHAKE.replace(KEYS, b"") + LENGTH, b"426"),
    "another version": (HANDSHAKE.replace(b"13", b"8") + b"\r\n", b"426"),
    "two keys": (HANDSHAKE + KEYS + b"\r\n", b"426"),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_an_ignored_upgrade_request_takes_no_bytes_of_the_body(offline: str, name: str) -> None:
    request, status = REQUESTS[name]
    for segments in ([request + NEXT], [*halves(request), NEXT], [request[:30], request[30:-7], request[-7:] + NEXT]):
        assert statuses(await talk(offline, segments)) == [status, b"200"]


async def test_many_upgrade_requests_in_a_row_are_answered_one_by_one(offline: str) -> None:
    one = REQUESTS["h2c"][0]
    assert statuses(await talk(offline, [one * 20 + NEXT])) == [b"405"] * 20 + [b"200"]


async def test_an_upgrade_request_of_http_1_0_is_ignored(offline: str) -> None:
    answer = await talk(offline, [HANDSHAKE.replace(b"HTTP/1.1", b"HTTP/1.0") + LENGTH + NEXT])
    assert statuses(answer) == [b"426"]


async def test_connect_is_refused_and_ends_the_connection(offline: str) -> None:
    for target in (b"example.com:443", WS):
        request = b"CONNECT " + target + b" HTTP/1.1\r\nHost: x\r\n" + LENGTH
        assert statuses(await talk(offline, [request + NEXT])) == [b"400"]


async def test_a_body_with_invalid_framing_is_refused_in_an_upgrade_request_too(offline: str) -> None:
    for framing in (b"Transfer-Encoding: gzip\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nno size\r\n"):
        request = b"POST /healthcheck/live HTTP/1.1\r\nHost: x\r\n" + OFFER % b"h2c" + framing
        assert statuses(await talk(offline, [request + NEXT]))[-1:] == [b"400"]


@pytest.mark.parametrize("more", [b"", b"X-Large: " + b"a" * 20_000 + b"\r\n", b"X-Many: 1\r\n" * 300])
async def test_a_handshake_is_answered_whatever_the_size_of_its_head(offline: str, more: bytes) -> None:
    for segments in ([HANDSHAKE + more + b"\r\n" + PING], [HANDSHAKE + more + b"\r\n", PING]):
        answer = await talk(offline, segments, until=b"\x8a\x00")
        assert statuses(answer) == [b"101"]


@pytest.mark.parametrize("name", [b"Connection", b"Upgrade"])
async def test_a_request_with_very_many_protocols_is_no_handshake(offline: str, name: bytes) -> None:
    for more in (name + b": " + b"x," * 600 + b"y\r\n", (name + b": x\r\n") * 600):
        answer = await talk(offline, [HANDSHAKE + more + b"\r\n" + NEXT])
        assert statuses(answer) == [b"426", b"200"]


async def test_trailing_white_space_is_no_part_of_a_value(offline: str) -> None:
    answer = await talk(
        offline, [HANDSHAKE.replace(b"\r\n", b" \t\r\n").replace(b"1.1 \t", b"1.1") + b"\r\n" + PING], b"\x8a\x00"
    )
    assert statuses(answer) == [b"101"]
    spaced = b"GET /healthcheck/live HTTP/1.1\r\nHost: x \r\nX-Request-ID: a-name \t\r\nConnection: close \r\n\r\n"
    answer = await talk(offline, [spaced])
    assert statuses(answer) == [b"200"]
    assert b"x-request-id: a-name\r\n" in answer.lower()


async def test_frames_right_after_the_handshake_are_read(offline: str) -> None:
    # It is another frame than hello: the connection is closed with 4401.
    answer = await talk(offline, [HANDSHAKE + b"\r\n" + HELLO], until=b"\x88")
    assert statuses(answer) == [b"101"]
    assert (4401).to_bytes(2, "big") in answer


async def test_a_handshake_behind_an_unanswered_request_is_ignored(offline: str) -> None:
    first = b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\n\r\n"
    assert statuses(await talk(offline, [first + HANDSHAKE + b"\r\n" + NEXT])) == [b"200", b"426", b"200"]
    answer = await talk(offline, [first, HANDSHAKE + b"\r\n" + PING], until=b"\x8a\x00")
    assert statuses(answer) == [b"200", b"101"]
