"""Servers that answer with what no honest server sends: the request fails like any other, and others go on."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
import trustme

from app.adapters.clients.http.errors import BadResponse
from tests.adapters.http_servers import FakeResolver, http_client


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
