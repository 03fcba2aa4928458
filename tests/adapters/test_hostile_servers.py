"""Servers that answer with what no honest server sends: the request fails like any other, and others go on."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from threading import Thread
from typing import Any

import httpcore
import pytest
import trustme

from app.adapters.clients.http.errors import BadResponse, EgressError, TooLarge
from tests.adapters.http_servers import FakeResolver, RawServer, http_client
from tests.turns import counted_turns

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@contextmanager
def tls_server(context: ssl.SSLContext, answer: bytes) -> Iterator[int]:
    """A server for one connection: after the handshake it answers without encryption. Yields its port."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection.dup() as plain:
            with suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True):
                plain.sendall(answer)
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65_536):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        thread = Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("is_refused", [True, False])
async def test_tls_that_breaks_after_the_handshake_is_a_bad_response(is_refused: bool) -> None:
    """TLS 1.3 refuses a client without a certificate after the handshake. The other server does not encrypt."""
    authority = trustme.CA()
    of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(of_server)
    if is_refused:
        of_server.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(of_server)
    of_client = ssl.create_default_context()
    authority.configure_trust(of_client)
    resolver = FakeResolver({"shop.example": [["127.0.0.1"]]})
    with tls_server(of_server, b"HTTP/1.1 200 OK\r\n\r\n") as port:
        async with http_client(resolver, make_tls=lambda: of_client) as client:
            with pytest.raises(BadResponse):
                await client.request("GET", f"https://shop.example:{port}/", purpose="test")


async def test_a_body_in_too_many_chunks_counts_as_too_long() -> None:
    async with RawServer().listening() as server, http_client() as client:
        server.pages["/"] = CHUNKED + b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n"
        with pytest.raises(TooLarge):
            await client.request("GET", server.url(), purpose="test")
        cut = await client.request("GET", server.url(), purpose="test", may_cut=True)
        assert cut.is_cut
        assert set(cut.body) == {ord("x")}
        assert len(cut.body) < 20_000


class FastBackend(httpcore.AsyncNetworkBackend):
    """Connects to a host all of whose bytes have arrived: no read waits."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    async def connect_tcp(self, *_: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return FastStream(self._answer)


class FastStream(httpcore.AsyncMockStream):
    def __init__(self, answer: bytes) -> None:
        super().__init__([])
        self._answer = BytesIO(answer)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return self._answer.read(max_bytes)


@pytest.mark.parametrize("answer", [CHUNKED + b"1\r\nx\r\n" * 20_000, b"HTTP/1.1 100 Continue\r\n\r\n" * 5000])
async def test_other_tasks_run_while_a_response_is_parsed(answer: bytes) -> None:
    async with http_client(backend=FastBackend(answer)) as client, counted_turns() as turns:
        with pytest.raises(EgressError):
            await client.request("GET", "http://127.0.0.1/", purpose="test")
    # 60,000 bytes are read of the chunks, in reads of 8192.
    assert turns.count >= 7
