"""Outgoing requests do not reach the own network, however its addresses are written."""

from collections.abc import AsyncIterator

import pytest

from app.adapters.clients.http import EgressError
from app.adapters.clients.http.errors import InvalidUrl, Refused, Unreachable
from tests.adapters.http_servers import FakeResolver, LoopbackBackend, RawServer, http_client, redirect, response

PUBLIC = "93.184.215.14"
NAMES = {
    "inside.example": ["127.0.0.1"],
    "inside6.example": ["::1"],
    "private.example": ["10.1.2.3"],
    "metadata.example": ["169.254.169.254"],
    "mixed.example": [PUBLIC, "127.0.0.1"],
    "mixed6.example": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "fe80::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "localhost": ["127.0.0.1", "::1"],
    "xn--e1afmkfd.xn--80akhbyknj4f": ["192.168.0.1"],
}
INSIDE = [
    # loopback, and the same in other notations
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "017700000001",
    "0177.0.0.1", "0177.1", "127.0.0.1.", "127.0.0.01", "127.255.255.254", "4294967297", "0x17f000001",
    # names
    "localhost", "inside.example", "inside6.example", "private.example", "metadata.example", "mapped.example",
    "nat64.example", "mixed.example", "mixed6.example", "пример.испытание", "INSIDE.example",
    # this host, private, shared, link-local, reserved, documentation, multicast, broadcast
    "0.0.0.0", "0", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.251",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    # the host of a virtual machine, which gives out its secrets, at an address of the internet
    "168.63.129.16",
    # IPv6: unspecified, loopback, mapped, compatible, translated, NAT64, discarded, Teredo, documentation, 6to4
    "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[100::1]", "[2001::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[2001:db8::1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]",
    # IPv6: unique local, link-local, site-local, multicast, with zones, segment routing, documentation
    "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25lo]", "[fe80::1%25eth0]", "[::1%25lo]", "[fec0::1]",
    "[ff02::1]", "[ff0e::1]", "[5f00::1]", "[3fff::1]",
]  # fmt: skip


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    """A server inside."""
    async with RawServer().listening() as server:
        yield server


@pytest.mark.parametrize("host", INSIDE)
async def test_no_connection_is_opened_to_an_address_inside(host: str, server: RawServer) -> None:
    backend = LoopbackBackend()
    async with http_client(FakeResolver({name: [found] for name, found in NAMES.items()}), backend, allow=()) as client:
        # httpx itself refuses some notations.
        with pytest.raises((Unreachable, InvalidUrl)):
            await client.request("GET", server.url(host=host), purpose="test")
    assert backend.asked == []
    assert server.connections == 0


def test_there_are_at_least_60_of_them() -> None:
    assert len(set(INSIDE)) >= 60


async def test_a_name_is_resolved_once_and_its_address_is_not_looked_up_again(server: RawServer) -> None:
    backend, resolver = LoopbackBackend(), FakeResolver({"rebound.example": [[PUBLIC], ["127.0.0.1"]]})
    async with http_client(resolver, backend, allow=()) as client:
        with pytest.raises(Unreachable):
            await client.request("GET", server.url(host="rebound.example"), purpose="test")
        assert backend.asked == [(PUBLIC, server.port)]
        assert resolver.questions == ["rebound.example"]
        with pytest.raises(Refused):
            await client.request("GET", server.url(host="rebound.example"), purpose="test")
    assert backend.asked == [(PUBLIC, server.port)]
    assert server.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/latest/meta-data/",
        "http://metadata.example/",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://0251.0376.0251.0376/",
        "https://10.0.0.1/",
        "http://rebound.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "http://user:password@allowed.example/",
    ],
)
async def test_each_redirect_is_checked_again(location: str, server: RawServer) -> None:
    backend = LoopbackBackend()
    resolver = FakeResolver(
        {
            "allowed.example": [["127.0.0.1"]],
            "rebound.example": [["192.168.0.1"]],
            "metadata.example": [["169.254.169.254"]],
        }
    )
    server.pages["/"] = redirect(location)
    async with http_client(resolver, backend) as client:
        with pytest.raises(EgressError):
            await client.request("GET", server.url(host="allowed.example"), purpose="test", max_redirects=3)
    assert backend.asked == [("127.0.0.1", server.port)]
    assert server.connections == 1


async def test_a_name_that_moves_inside_between_redirects_is_refused(server: RawServer) -> None:
    backend, resolver = LoopbackBackend(), FakeResolver({"moving.example": [["127.0.0.1"], ["10.0.0.1"]]})
    server.pages["/"] = redirect("/again")
    async with http_client(resolver, backend) as client:
        with pytest.raises(Refused):
            await client.request("GET", server.url(host="moving.example"), purpose="test", max_redirects=3)
    assert backend.asked == [("127.0.0.1", server.port)]


async def test_open_and_closed_ports_and_missing_names_inside_look_the_same(server: RawServer) -> None:
    errors = []
    async with http_client(FakeResolver({"inside.example": [["127.0.0.1"]]}), allow=()) as client:
        for url in (server.url(), "http://127.0.0.1:1/", server.url(host="inside.example"), "http://none.example/"):
            with pytest.raises(Unreachable) as error:
                await client.request("GET", url, purpose="test")
            errors.append(str(error.value))
    assert set(errors) == {"the host cannot be reached"}
    assert server.connections == 0


async def test_an_allowed_network_is_reached_and_no_other(server: RawServer) -> None:
    server.pages["/"] = response(b"inside")
    backend = LoopbackBackend()
    resolver = FakeResolver({"inside.example": [["127.0.0.1"]]})
    async with http_client(resolver, backend, allow=("127.0.0.1/32",)) as client:
        assert (await client.request("GET", server.url(host="inside.example"), purpose="test")).body == b"inside"
        for host in ("127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1"):
            with pytest.raises(Refused):
                await client.request("GET", server.url(host=host), purpose="test")
    assert f"host: inside.example:{server.port}" in server.requests[0].lower()
    assert backend.asked == [("127.0.0.1", server.port)]


async def test_the_next_address_is_tried_if_one_refuses_the_connection(server: RawServer) -> None:
    server.pages["/"] = response(b"second")
    backend = LoopbackBackend()
    async with http_client(FakeResolver({"two.example": [["127.0.0.9", "127.0.0.1"]]}), backend) as client:
        assert (await client.request("GET", server.url(host="two.example"), purpose="test")).body == b"second"
    assert [host for host, _ in backend.asked] == ["127.0.0.9", "127.0.0.1"]


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.215.14",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "2606:4700::1111",
        "2a00:1450::1",
    ],
)
async def test_public_addresses_are_asked_for(address: str) -> None:
    """The backend of the tests does not connect to them."""
    backend = LoopbackBackend()
    async with http_client(FakeResolver({"public.example": [[address]]}), backend, allow=()) as client:
        with pytest.raises(Unreachable):
            await client.request("GET", "http://public.example:8080/", purpose="test")
    assert backend.asked == [(address, 8080)]
