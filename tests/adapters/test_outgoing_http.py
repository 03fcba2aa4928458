"""The client of outgoing requests: its limits, certificates, and what it does not send."""

import gzip
import ssl
from collections.abc import AsyncIterator, Iterator

import pytest
import trustme

from app.adapters.clients.http.errors import (
    BadResponse,
    EgressError,
    InvalidUrl,
    TimedOut,
    TooLarge,
    Unreachable,
)
from app.adapters.clients.http.metrics import REQUESTS
from app.settings.egress_settings import EgressSettings
from tests.adapters.http_servers import FakeResolver, LoopbackBackend, RawServer, http_client, redirect, response


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with RawServer().listening() as server:
        yield server


async def test_the_whole_response_is_returned(server: RawServer) -> None:
    server.pages["/news?id=1"] = response("Новости".encode(), status="203 Non-Authoritative", x_kind="news")
    async with http_client() as client:
        got = await client.request("GET", server.url("/news?id=1"), purpose="test", headers={"X-Mine": "1"})
    assert (got.status, got.body.decode(), got.headers["x-kind"]) == (203, "Новости", "news")
    assert (got.url, got.is_cut) == (server.url("/news?id=1"), False)
    assert "x-mine: 1" in server.requests[0].lower()


async def test_a_body_is_sent(server: RawServer) -> None:
    server.pages["/hook"] = response(b"", status="204 No Content")
    async with http_client() as client:
        assert (await client.request("POST", server.url("/hook"), purpose="test", content=b"{}")).status == 204
    assert server.requests[0].startswith("POST /hook HTTP/1.1")
    assert "content-length: 2" in server.requests[0].lower()


async def test_a_response_that_is_too_long_is_refused_or_cut(server: RawServer) -> None:
    server.pages["/"] = response(b"x" * 300_000)
    async with http_client() as client:
        with pytest.raises(TooLarge):
            await client.request("GET", server.url(), purpose="test", max_bytes=299_999)
        cut = await client.request("GET", server.url(), purpose="test", max_bytes=1000, may_cut=True)
        assert (len(cut.body), cut.is_cut) == (1000, True)
        whole = await client.request("GET", server.url(), purpose="test", max_bytes=300_000)
        assert (len(whole.body), whole.is_cut) == (300_000, False)


def chunked(count: int) -> bytes:
    """Returns a response in so many chunks of one byte."""
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * count + b"0\r\n\r\n"


async def test_a_response_in_too_many_chunks_is_refused_or_cut(server: RawServer) -> None:
    server.pages |= {"/many": chunked(10_000), "/more": chunked(10_001)}
    async with http_client() as client:
        whole = await client.request("GET", server.url("/many"), purpose="test")
        assert (len(whole.body), whole.is_cut) == (10_000, False)
        with pytest.raises(TooLarge):
            await client.request("GET", server.url("/more"), purpose="test")
        cut = await client.request("GET", server.url("/more"), purpose="test", may_cut=True)
        assert (len(cut.body), cut.is_cut) == (10_001, True)


async def test_a_compressed_response_is_refused(server: RawServer) -> None:
    """A few bytes could become gigabytes. Compression is not offered."""
    server.pages["/"] = response(gzip.compress(b"x" * 10_000_000), content_encoding="gzip")
    async with http_client() as client:
        with pytest.raises(BadResponse):
            await client.request("GET", server.url(), purpose="test")
    assert "accept-encoding: identity" in server.requests[0].lower()


def drip() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"
    for _ in range(200):
        yield b"x"


def drip_headers() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(200):
        yield b"x-%d: y\r\n" % number


@pytest.mark.parametrize("page", [drip, drip_headers])
async def test_the_time_of_a_slow_response_is_limited_as_a_whole(server: RawServer, page: Iterator[bytes]) -> None:
    server.pages["/"] = page  # type: ignore[assignment]
    async with http_client(timeout_s=0.3) as client:
        with pytest.raises(TimedOut):
            await client.request("GET", server.url(), purpose="test")


async def test_no_cookie_is_kept(server: RawServer) -> None:
    server.pages |= {"/a": redirect("/b", set_cookie="id=1; Path=/"), "/b": response(b"", set_cookie="id=2; Path=/")}
    async with http_client() as client:
        for _ in range(2):
            await client.request("GET", server.url("/a"), purpose="test", max_redirects=3)
    assert all("cookie" not in request.lower() for request in server.requests)


async def test_no_proxy_and_no_credentials_are_taken_from_the_environment(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with RawServer().listening() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        server.pages["/"] = response(b"direct")
        async with http_client() as client:
            assert (await client.request("GET", server.url(), purpose="test")).body == b"direct"
        assert proxy.connections == 0
    assert "authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//example.com/",
        "example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "unix:///run/docker.sock",
        "http:///path",
        "http://user@example.com/",
        "http://:secret@example.com/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://exa mple.com/",
        "http://example.com/\n",
        "http://[::1",
        "http://①.example/",
        "http://xn--a.com/",
        "http://xn--ls8h.la/",
        "http://example.com/" + "a" * 3000,
    ],
)
async def test_what_is_no_url_of_a_web_server_is_refused(url: str) -> None:
    backend = LoopbackBackend()
    async with http_client(backend=backend) as client:
        with pytest.raises(InvalidUrl):
            await client.request("GET", url, purpose="test")
    assert backend.asked == []


async def test_a_caller_may_require_https(server: RawServer) -> None:
    async with http_client() as client:
        with pytest.raises(InvalidUrl):
            await client.request("GET", server.url(), purpose="test", schemes=("https",))
    assert server.connections == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x16\x03\x01\x02\x00",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000,
    ],
)
async def test_what_is_no_http_is_an_error_of_this_library(server: RawServer, answer: bytes) -> None:
    server.pages["/"] = answer
    async with http_client() as client:
        with pytest.raises(EgressError):
            await client.request("GET", server.url(), purpose="test")


@pytest.mark.parametrize(
    ("named", "is_trusted", "is_accepted"),
    [("shop.example", True, True), ("other.example", True, False), ("shop.example", False, False)],
)
async def test_a_certificate_is_verified_for_the_name_in_the_url(
    named: str, is_trusted: bool, is_accepted: bool
) -> None:
    authority = trustme.CA()
    of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(named).configure_cert(of_server)
    of_client = ssl.create_default_context()
    (authority if is_trusted else trustme.CA()).configure_trust(of_client)
    async with (
        RawServer().listening(tls=of_server) as server,
        http_client(FakeResolver({"shop.example": [["127.0.0.1"]]}), make_tls=lambda: of_client) as client,
    ):
        server.pages["/"] = response(b"safe")
        url = server.url(host="shop.example", scheme="https")
        if is_accepted:
            assert (await client.request("GET", url, purpose="test")).body == b"safe"
        else:
            with pytest.raises(Unreachable):
                await client.request("GET", url, purpose="test")
            assert server.requests == []


async def test_requests_are_counted_by_purpose_and_outcome(server: RawServer) -> None:
    server.pages["/"] = response(b"")

    def counted(outcome: str) -> float:
        return float(REQUESTS.labels("counting", outcome)._value.get())

    async with http_client(allow=("127.0.0.1/32",)) as client:
        await client.request("GET", server.url(), purpose="counting")
        for url in ("http://10.0.0.1/", "http://none.example/", "nothing"):
            with pytest.raises(EgressError):
                await client.request("GET", url, purpose="counting")
    assert [counted(each) for each in ("ok", "refused", "unreachable", "invalid_url", "failed")] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("networks", ["localhost", "10.0.0.0/33"])
def test_networks_that_are_none_are_refused_at_the_start(networks: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        EgressSettings(allow_networks=networks)


def test_networks_are_written_with_commas() -> None:
    settings = EgressSettings(allow_networks="10.0.0.0/8, fd00::/8")
    assert [str(network) for network in settings.networks] == ["10.0.0.0/8", "fd00::/8"]
