"""Requests without TLS can be kept inside the networks that the operator allows. A URL can be checked beforehand."""

from collections.abc import AsyncIterator

import pytest

from app.adapters.clients.http.errors import EgressError, InvalidUrl, Refused, Unreachable
from tests.adapters.http_servers import FakeResolver, LoopbackBackend, RawServer, http_client, response

PUBLIC = "93.184.215.14"


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with RawServer().listening() as server:
        server.pages = {"/": response(b"ok")}
        yield server


async def test_a_request_without_tls_reaches_an_allowed_network(server: RawServer) -> None:
    async with http_client() as client:
        answer = await client.request("GET", server.url(), purpose="test", keeps_plain_inside=True)
    assert answer.status == 200


@pytest.mark.parametrize("addresses", [[PUBLIC], ["127.0.0.1", PUBLIC], ["10.0.0.1"]])
async def test_no_connection_without_tls_is_opened_elsewhere(addresses: list[str]) -> None:
    backend = LoopbackBackend()
    async with http_client(FakeResolver({"hooks.example": [addresses]}), backend) as client:
        with pytest.raises(Refused):
            await client.request("GET", "http://hooks.example/", purpose="test", keeps_plain_inside=True)
        with pytest.raises(Refused):
            await client.check("http://hooks.example/")
    assert backend.asked == []


async def test_a_connection_with_tls_is_opened_to_a_public_address() -> None:
    backend = LoopbackBackend()
    async with http_client(FakeResolver({"hooks.example": [[PUBLIC]]}), backend) as client:
        with pytest.raises(EgressError):
            await client.request("GET", "https://hooks.example/", purpose="test", keeps_plain_inside=True)
    assert backend.asked == [(PUBLIC, 443)]


async def test_a_name_is_resolved_by_a_check_only_without_tls() -> None:
    resolver = FakeResolver({"inside.example": [["127.0.0.1"]]})
    async with http_client(resolver) as client:
        for name in ("inside.example", "private.example"):
            await client.check(f"https://{name}/hook")
        assert resolver.questions == []
        await client.check("http://inside.example/hook")
        with pytest.raises(Unreachable):
            await client.check("http://private.example/hook")


async def test_a_name_without_addresses_fails_the_check() -> None:
    async with http_client(FakeResolver({"empty.example": [[]]})) as client:
        with pytest.raises(Unreachable):
            await client.check("http://empty.example/hook")


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "0x7f.1", "2130706433", "[::1]", "127.0.0.1"])
async def test_an_address_inside_fails_the_check(host: str) -> None:
    async with http_client(allow=()) as client:
        for scheme in ("http", "https"):
            with pytest.raises(Unreachable):
                await client.check(f"{scheme}://{host}/")


@pytest.mark.parametrize("url", ["ftp://example.com/", "https://user:password@example.com/", "https://", "example.com"])
async def test_what_is_no_url_fails_the_check(url: str) -> None:
    async with http_client() as client:
        with pytest.raises(InvalidUrl):
            await client.check(url)
