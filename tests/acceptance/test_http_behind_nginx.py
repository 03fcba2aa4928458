"""nginx with the documented configuration and the server behind it agree on where each request ends."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given

from app.settings import PROJECT_ROOT
from tests.fuzz.echo import Echo, count_answers, encode, read_answers
from tests.fuzz.effort import effort
from tests.fuzz.raw_http import LAST, SMUGGLED, cuts, streams
from tests.fuzz.splitter import Ruling, split
from tests.nginx import nginx_on
from tests.processes import free_port
from tests.servers import listening
from tests.websocket_line import cut

TIMEOUT = 60.0
DOCUMENTED = (PROJECT_ROOT / "docs" / "deployment" / "nginx.conf").read_text()
# A client that sends less than it announced is not waited for.
TIMEOUTS = "client_header_timeout 20s; client_body_timeout 20s; keepalive_timeout 20s;"


def configured(port: int, server: str) -> str:
    """Returns the documented configuration for this server, without TLS."""
    documented = re.sub(r"(?m)^ *(ssl_|server 127).*\n", "", DOCUMENTED)
    documented = documented.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    return documented.replace("least_conn;", f"server {server};")


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def nginx(echo: Echo, tmp_path: Path) -> AsyncIterator[int]:
    """The port of nginx in front of the server."""
    async with listening(echo) as server:  # type: ignore[arg-type]
        port = free_port()
        with nginx_on(port, tmp_path, f"{TIMEOUTS}\n{configured(port, server)}"):
            yield port


async def talk(port: int, pieces: list[bytes], enough: int | None = None) -> bytes:
    """Returns all bytes until the connection is closed. After `enough` answers nothing more is sent."""
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = b""
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.002)
            while True:
                if count_answers(answer) == enough:
                    enough = None
                    writer.write_eof()
                if not (part := await reader.read(65_536)):
                    break
                answer += part
        writer.transport.abort()
        return answer


@given(stream=streams, places=cuts)
@example(
    stream=b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 35\r\n\r\n"
    + SMUGGLED
    + LAST,
    places=[93],
)
@effort(150)
async def test_nginx_and_the_server_read_the_same_requests(
    echo: Echo, nginx: int, stream: bytes, places: list[int]
) -> None:
    echo.asked.clear()
    requests = split(stream)
    is_incomplete = not requests or (not requests[-1].is_whole and requests[-1].ruling is not Ruling.MUST_REFUSE)
    enough = sum(request.is_whole for request in requests) if is_incomplete else None
    answers = read_answers(await talk(nginx, cut(stream, places), enough))
    assert [answer.echo for answer in answers if answer.echo is not None] == [encode(asked) for asked in echo.asked]
    # A request of another client, which nginx sends over the same connection to the server.
    (other,) = read_answers(await talk(nginx, [LAST.replace(b"/last", b"/other")]))
    assert other.echo == encode((b"GET", b"/other", b""))
    for request in requests:
        if not answers:
            # A refusal may be lost: nginx resets a connection that still has unread data.
            is_due = request.is_whole and request.ruling is Ruling.SERVE
            assert not is_due or request.may_end_connection, request
            return
        answer = answers.pop(0)
        if request.ruling is Ruling.MUST_REFUSE:
            # nginx answers in its own way; the server has read the same request.
            return
        if answer.echo is None:
            assert request.ruling is not Ruling.SERVE or not request.is_whole, (request, answer)
            if not answers:
                return
        else:
            assert answer.echo == encode((request.method, request.target, request.body))
            if request.may_end_connection and not answers:
                return
