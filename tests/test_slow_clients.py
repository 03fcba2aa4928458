"""Slow clients: every way to hold a connection open has a time limit."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.fastapi_engine.patched import http_protocol
from app.fastapi_engine.server import uvicorn_options
from app.settings import PROJECT_ROOT, Settings
from tests.adapters.embedded.support import eventually as eventually_so
from tests.existing import existing
from tests.fakers import API, FakeClient, ok
from tests.servers import client_of_port, listening

TIMEOUT = 30.0
_TIME_WAIT = "06"

server = client_of_port


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten all timeouts of the server."""
    for name in ("HEAD_TIMEOUT", "BODY_TIMEOUT", "READ_TIMEOUT", "LINGER", "CHECK_EVERY"):
        monkeypatch.setattr(http_protocol, name, 0.2)


@pytest.fixture
async def offline(base_settings: Settings, short_timeouts: None) -> AsyncIterator[str]:
    """A server without a database."""
    async with listening(build_app(base_settings), timeout_keep_alive=1) as address:
        yield address


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def drip(address: str, begin: bytes, drop: bytes) -> bytes:
    """Send a beginning, then `drop` repeatedly, until the server closes. Returns what it has answered."""
    async with asyncio.timeout(TIMEOUT), connected(address) as (reader, writer):

        async def go_on() -> None:
            writer.write(begin)
            while drop:
                writer.write(drop)
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(go_on())
        answer = b""
        # Bytes sent after the end of the connection reset it.
        with suppress(ConnectionError):
            while piece := await reader.read(65_536):
                answer += piece
        dripping.cancel()
        return answer


def problem_in(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower(), answer
    reported = orjson.loads(body)
    assert f"x-request-id: {reported['request_id']}".encode() in head
    assert int(head.split()[1]) == reported["status"]
    return reported["status"], reported["code"]


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"", b""),
        (b"", b"\r\n"),
        (b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\n", b""),
        (b"GET /healthcheck/live HTTP/1.1\r\nX-Slow: ", b"a"),
        (f"GET {API}/ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n".encode(), b""),
        (f"POST {API}/accounts/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".encode(), b"x"),
        (
            f"POST {API}/accounts/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode(),
            b"1\r\nx\r\n",
        ),
    ],
    ids=["silence", "line breaks", "half a head", "a header", "half a handshake", "a body", "chunks of a body"],
)
async def test_a_slow_request_times_out(offline: str, begin: bytes, drop: bytes) -> None:
    assert problem_in(await drip(offline, begin, drop)) == (408, "request_timeout")


async def test_a_body_behind_an_early_answer_is_not_read_forever(offline: str) -> None:
    get = b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\n"
    answers = (await drip(offline, get + b"\r\n", b"\r\n")).split(b"HTTP/1.1 ")
    assert [answer[:3] for answer in answers] == [b"", b"200", b"408"]
    # Answered before its body was read, which arrives fast enough for a body that is needed.
    answers = (await drip(offline, get + b"Content-Length: 1000000000\r\n\r\n", b"x" * 2000)).split(b"HTTP/1.1 ")
    assert [answer[:3] for answer in answers] == [b"", b"200"]


async def test_an_early_answer_reaches_a_client_that_still_sends_its_body(
    offline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "LINGER", TIMEOUT)
    head = b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n"
    for _ in range(5):
        async with asyncio.timeout(TIMEOUT), connected(offline) as (reader, writer):
            writer.write(head)
            await asyncio.sleep(0.02)
            for _ in range(30):
                writer.write(bytes(100_000))
                await writer.drain()
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")


async def test_an_idle_connection_is_closed(offline: str) -> None:
    answers = (await drip(offline, b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\n\r\n", b"")).split(b"HTTP/1.1 ")
    assert [answer[:3] for answer in answers] == [b"", b"200"]


async def test_a_connection_is_idle_after_a_body_that_came_behind_its_answer(offline: str) -> None:
    async with asyncio.timeout(TIMEOUT), connected(offline) as (reader, writer):
        writer.write(b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.write(b"x")
        await reader.read()


@pytest.mark.parametrize("proxy", ["nginx.conf", "Caddyfile", "compose/Caddyfile"])
def test_a_proxy_gives_up_an_idle_connection_before_the_server_does(proxy: str) -> None:
    configuration = (PROJECT_ROOT / "docs" / "deployment" / proxy).read_text()
    seconds = re.findall(r"keepalive(?:_timeout)? (\d+)s", configuration)
    assert [int(number) < uvicorn_options()["timeout_keep_alive"] for number in seconds] == [True]


async def test_a_response_that_is_not_read_times_out(offline: str) -> None:
    host, port = offline.split(":")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, (host, int(port)))
        # Far more than all buffers between client and server hold.
        await loop.sock_sendall(client, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
        own_port = client.getsockname()[1]
        is_released = await asyncio.to_thread(
            eventually_so, lambda: not _holds_connection(int(port), own_port), TIMEOUT
        )
        assert is_released


def _holds_connection(server_port: int, client_port: int) -> bool:
    """Returns True while the kernel has the server's end of the connection in any state, even with unsent data."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if (int(local.split(":")[1], 16), int(remote.split(":")[1], 16)) == (server_port, client_port):
            return state != _TIME_WAIT
    return False


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthcheck/live HTTP/1.1\r\nX-Large: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET /healthcheck/live HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 7_000 + b"\r\n",
        b"GET /healthcheck/live HTTP/1.1\r\nX-Endless: " + b"a" * 200_000,
    ],
    ids=["one header", "many headers", "an endless header"],
)
async def test_a_head_has_a_maximum_size(offline: str, head: bytes) -> None:
    async with asyncio.timeout(TIMEOUT), connected(offline) as (reader, writer):
        writer.write(head)
        assert problem_in(await reader.read()) == (431, "headers_too_large")


async def test_a_large_head_within_the_limit_is_served(offline: str) -> None:
    head = b"POST /healthcheck/live HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 60_000 + b"\r\n"
    async with asyncio.timeout(TIMEOUT), connected(offline) as (reader, writer):
        # With a body that arrives at the same moment.
        writer.write(head + b"Content-Length: 100000\r\n\r\n" + b"x" * 100_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 405 ")


async def test_invalid_http_gets_a_problem_too(offline: str) -> None:
    async with asyncio.timeout(TIMEOUT), connected(offline) as (reader, writer):
        writer.write(b"nonsense\r\n\r\n")
        assert problem_in(await reader.read()) == (400, "bad_request")


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """An application with as few database connections as possible."""
    return build_app(replace(settings, db=settings.db.model_copy(update={"pool_size": 2, "session_pool_size": 2})))


async def test_slow_clients_hold_no_resource_that_others_need(anna: FakeClient, club: str, live_server: str) -> None:
    head = f"POST {API}/chats/{club}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: {anna.headers['Authorization']}\r\n"
    async with asyncio.timeout(TIMEOUT):
        writers = []
        for _ in range(50):
            _, writer = await asyncio.open_connection(*live_server.split(":"))
            writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
            writers.append(writer)
        for _ in range(5):
            ok(await anna.get("/chats"))
            ok(await anna.get("/accounts/me"))
            await anna.send(club)
        for writer in writers:
            writer.transport.abort()


async def test_what_is_sent_before_the_requests_before_it_are_answered_does_not_fill_the_memory(
    anna: FakeClient, live_server: str
) -> None:
    head = f"GET {API}/accounts/me/events HTTP/1.1\r\nHost: x\r\nAuthorization: {anna.headers['Authorization']}\r\n"
    events = f"{head}Accept: text/event-stream\r\n\r\n".encode()
    async with asyncio.timeout(TIMEOUT), connected(live_server) as (reader, writer):
        writer.write(events + b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.write(bytes(20_000_000))
        await asyncio.sleep(1)
        # The server is in this process.
        assert 0 <= max(len(one._unparsed) for one in existing(http_protocol.HttpProtocol)) < 2_000_000
