"""Each request is answered once and in order, and each state of a connection has a time limit."""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import pytest
from fastapi import FastAPI, Request, WebSocket

from app.fastapi_engine.half_close import end_output
from app.fastapi_engine.handshake import PATHS_STATE, list_websocket_paths
from app.fastapi_engine.patched import http_protocol
from tests.servers import listening
from tests.test_upgrades import HANDSHAKE, TIMEOUT, WS, statuses, talk

GET = b"GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /fast HTTP/1.1\r\nConnection: close\r\nHost: x\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


class Stage:
    """A small application behind the server's own protocol."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.has_begun = asyncio.Event()
        self.app = FastAPI(lifespan=self._lifespan)
        self.app.get("/fast")(self._fast)
        self.app.get("/slow")(self._slow)
        self.app.post("/echo")(self._echo)
        self.app.post("/slow-echo")(self._slow_echo)
        self.app.websocket(WS.decode())(self._never_accept)
        self.address = ""

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[Mapping[str, object]]:
        yield {PATHS_STATE: list_websocket_paths(app)}

    async def _fast(self, request: Request) -> list[str]:
        return [request.url.path, request.url.query, request.headers["host"]]

    async def _slow(self) -> str:
        await self.go_on.wait()
        return "slow"

    async def _echo(self, request: Request) -> list[str]:
        self.has_begun.set()
        body = await request.body()
        return [body.decode(), request.headers.get("x-trailer", "none")]

    async def _slow_echo(self, request: Request) -> int:
        await self.go_on.wait()
        return len(await request.body())

    async def _never_accept(self, websocket: WebSocket) -> None:
        await self.go_on.wait()


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    for name in ("HEAD_TIMEOUT", "BODY_TIMEOUT", "READ_TIMEOUT", "LINGER", "CHECK_EVERY"):
        monkeypatch.setattr(http_protocol, name, 0.2)
    stage = Stage()
    async with listening(stage.app, timeout_keep_alive=10) as address:
        stage.address = address
        yield stage
        stage.go_on.set()


async def talk_and_release(stage: Stage, *segments: bytes) -> bytes:
    """Lets the slow request finish once everything is sent and all timeouts are over."""
    talking = asyncio.create_task(talk(stage.address, segments))
    await asyncio.sleep(0.6)
    assert not talking.done()
    stage.go_on.set()
    return await talking


@pytest.mark.parametrize("rest", [b"GET /fast HTT", POST, POST + b"ab", HANDSHAKE])
async def test_an_incomplete_request_behind_an_answer_times_out(stage: Stage, rest: bytes) -> None:
    for segments in ([GET + rest], [GET, rest]):
        assert statuses(await talk(stage.address, segments)) == [b"200", b"408"]


@pytest.mark.parametrize("rest", [b"GET /fast HTT", POST, POST + b"ab", HANDSHAKE])
async def test_an_incomplete_request_behind_a_slow_answer_times_out_after_it(stage: Stage, rest: bytes) -> None:
    assert statuses(await talk_and_release(stage, SLOW, rest)) == [b"200", b"408"]


async def test_a_body_may_wait_for_the_previous_answer(stage: Stage) -> None:
    answer = await talk_and_release(stage, SLOW + POST, b"abcd" + LAST)
    assert statuses(answer) == [b"200"] * 3
    assert b'["abcd","none"]' in answer


async def test_valid_requests_are_answered_before_an_invalid_one_is_refused(stage: Stage) -> None:
    for wrong in (
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        POST.replace(b"4", b"+4"),
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    ):
        stage.go_on.clear()
        assert statuses(await talk(stage.address, [GET + wrong + GET])) == [b"200", b"400"]
        assert statuses(await talk_and_release(stage, SLOW + GET, wrong, GET)) == [b"200", b"200", b"400"]


async def test_an_invalid_chunk_behind_a_slow_request_is_refused_in_its_turn(stage: Stage) -> None:
    post = POST.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked")
    assert statuses(await talk_and_release(stage, SLOW + post + b"1\r\na\r\nx\r\n")) == [b"200", b"400"]


async def test_nothing_follows_the_refusal_of_a_request_that_expects_to_continue(stage: Stage) -> None:
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    post = POST.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked\r\nExpect: 100-continue")
    assert statuses(await talk(stage.address, [post + b"x\r\n"])) == [b"400"]
    assert not failures


@pytest.mark.parametrize("at_once", [16 * 1024, 40])
async def test_pipelined_requests_are_answered_in_order(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(http_protocol, "PARSED_AT_ONCE", at_once)
    requests = [GET.replace(b"/fast", b"/fast?%d" % number) for number in range(1000)]
    requests.insert(500, POST + b"abcd")
    answer = await talk(stage.address, [b"".join([*requests, LAST])])
    assert statuses(answer) == [b"200"] * 1002
    assert [int(number) for number in re.findall(rb'"/fast","(\d+)"', answer)] == list(range(1000))
    # The last one is half a request.
    monkeypatch.setattr(http_protocol, "READ_TIMEOUT", TIMEOUT)
    host, port = stage.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"".join(requests) + GET[:20])
    writer.write_eof()
    assert statuses(await reader.read()) == [b"200"] * 1001 + [b"400"]
    writer.close()


async def test_a_half_closed_client_still_gets_its_answer(stage: Stage) -> None:
    for request, expected in ((GET, [b"200"]), (POST + b"abcd" + GET, [b"200"] * 2), (POST + b"ab", []), (GET[:9], [])):
        host, port = stage.address.split(":")
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(request)
            writer.write_eof()
            assert statuses(await reader.read()) == expected
            writer.close()


async def test_a_half_closed_client_is_not_served_forever(stage: Stage) -> None:
    host, port = stage.address.split(":")
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(SLOW)
        writer.write_eof()
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_an_unanswered_handshake_times_out(stage: Stage) -> None:
    with suppress(ConnectionResetError):
        assert await talk(stage.address, [HANDSHAKE + b"\r\n"]) == b""


async def test_a_target_in_absolute_form_gives_the_host(stage: Stage) -> None:
    for target, expected in (
        (b"http://a.example:81/fast?q=1", b'["/fast","q=1","a.example:81"]'),
        (b"HTTPS://a.example/fast", b'["/fast","","a.example"]'),
        (b"http://[::1]:81/fast", b'["/fast","","[::1]:81"]'),
    ):
        answer = await talk(stage.address, [LAST.replace(b"/fast", target)])
        assert (statuses(answer), answer.rpartition(b"\r\n")[2]) == ([b"200"], expected)
    for target in (b"http://a.example", b"http://a.example?q=1"):
        assert statuses(await talk(stage.address, [LAST.replace(b"/fast", target)])) == [b"404"]
    for target in (b"ftp://a.example/fast", b"a.example:80", b"http:///fast", b"*"):
        assert statuses(await talk(stage.address, [LAST.replace(b"/fast", target)])) == [b"400"]


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /fast HTTP/1.1\r\n\r\n",
        b"GET /fast HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET /fast HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /fast HTTP/1.1\r\nHost: a/b\r\n\r\n",
        b"GET /fast HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET /fast HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET /fast\r\nHost: a\r\n\r\n",
        b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
    ],
)
async def test_an_ambiguous_head_is_refused(stage: Stage, request_: bytes) -> None:
    assert statuses(await talk(stage.address, [request_ + GET])) == [b"400"]


async def test_a_slow_body_is_accepted_while_it_makes_progress(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than a body may be silent."""
    monkeypatch.setattr(http_protocol, "BODY_TIMEOUT", 2.0)
    post = POST.replace(b"Content-Length: 4", b"Content-Length: 40960")
    reader, writer = await asyncio.open_connection(*stage.address.split(":"))
    writer.write(post)
    for _ in range(10):
        writer.write(b"a" * 4096)
        await asyncio.sleep(0.3)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_body_that_waits_for_the_application_does_not_time_out(stage: Stage) -> None:
    post = POST.replace(b"/echo", b"/slow-echo").replace(b"Length: 4", b"Length: 400000\r\nConnection: close")
    assert statuses(await talk_and_release(stage, post, b"a" * 400_000)) == [b"200"]


async def test_half_a_request_is_refused_at_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "LINGER", 0.1)
    stage = Stage()
    async with listening(stage.app) as address:
        talking = asyncio.create_task(talk(address, [POST + b"ab"]))
        await stage.has_begun.wait()
    answer = await talking
    assert (statuses(answer), b"\r\nretry-after: 1\r\n" in answer) == ([b"503"], True)


async def test_the_output_of_a_connection_that_its_client_has_just_reset_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(asyncio.Protocol, listener.accept()[0])
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    assert not end_output(transport)
    transport.close()
