"""The client of outgoing requests follows redirects, and sends secrets to no other origin."""

import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpcore
import pytest
import trustme

from app.adapters.clients.http.errors import InvalidUrl, TooManyRedirects
from tests.adapters.http_servers import FakeResolver, LoopbackBackend, RawServer, http_client, redirect, response

SECRET = {"authorization": "Bearer secret", "accept-language": "ru"}


class OtherPorts(LoopbackBackend):
    """Connects to other ports than the URL has, since a test cannot listen on 80 and 443."""

    def __init__(self, ports: dict[int, int]) -> None:
        super().__init__()
        self._ports = ports

    async def connect_tcp(self, host: str, port: int, *more: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return await super().connect_tcp(host, self._ports[port], *more, **options)


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with RawServer().listening() as server:
        yield server


@pytest.fixture
def resolver() -> FakeResolver:
    return FakeResolver({"one.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]})


async def test_redirects_are_followed_as_browsers_do(server: RawServer, resolver: FakeResolver) -> None:
    server.pages |= {
        "/a": redirect("/b", "303 See Other"),
        "/b": redirect(server.url("/c", "other.example"), "307 Temporary Redirect"),
        "/c": response(b"end"),
    }
    async with http_client(resolver) as client:
        got = await client.request(
            "POST", server.url("/a", "one.example"), purpose="test", headers=SECRET, content=b"{}", max_redirects=3
        )
    assert (got.body, got.url) == (b"end", server.url("/c", "other.example"))
    first, second, third = (request.lower() for request in server.requests)
    assert first.startswith("post /a")
    assert second.startswith("get /b")
    assert "secret" in first
    assert "secret" in second
    # Another origin.
    assert "secret" not in third
    assert "accept-language: ru" in third


@pytest.mark.parametrize(
    ("location", "is_same"),
    [
        ("http://one.example/end", True),
        ("http://one.example:80/end", True),
        ("http://other.example/end", False),
        ("http://one.example:8080/end", False),
        ("https://one.example/end", False),
    ],
)
async def test_an_origin_with_another_host_port_or_scheme_gets_no_secret(
    server: RawServer, resolver: FakeResolver, location: str, is_same: bool
) -> None:
    authority, of_client = trustme.CA(), ssl.create_default_context()
    of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("one.example").configure_cert(of_server)
    authority.configure_trust(of_client)
    async with RawServer().listening(tls=of_server) as secure:
        server.pages |= {"/begin": redirect(location), "/end": response(b"end")}
        secure.pages = server.pages
        backend = OtherPorts({80: server.port, 8080: server.port, 443: secure.port})
        async with http_client(resolver, backend, make_tls=lambda: of_client) as client:
            await client.request("GET", "http://one.example/begin", purpose="test", headers=SECRET, max_redirects=1)
    first, last = (request.lower() for request in server.requests + secure.requests)
    assert first.startswith("get /begin")
    assert "secret" in first
    assert last.startswith("get /end")
    assert ("secret" in last) == is_same
    assert "accept-language: ru" in last


async def test_a_redirect_is_returned_unless_the_caller_follows_some(server: RawServer) -> None:
    server.pages["/"] = redirect("/other")
    async with http_client() as client:
        got = await client.request("POST", server.url(), purpose="test")
    assert (got.status, got.headers["location"], len(server.requests)) == (302, "/other", 1)


async def test_the_number_of_redirects_is_limited(server: RawServer) -> None:
    server.pages["/"] = redirect("/")
    async with http_client() as client:
        with pytest.raises(TooManyRedirects):
            await client.request("GET", server.url(), purpose="test", max_redirects=3)
    assert len(server.requests) == 4


async def test_a_redirect_to_a_host_that_cannot_be_decoded_is_refused(server: RawServer) -> None:
    server.pages["/"] = redirect("http://xn--a.com/")
    async with http_client() as client:
        with pytest.raises(InvalidUrl):
            await client.request("GET", server.url(), purpose="test", max_redirects=1)
