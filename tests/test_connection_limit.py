"""One IP address cannot take all connections of a process."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from app.fastapi_engine.connection_limit import ConnectionLimit
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import eventually
from tests.servers import listening
from tests.test_upgrades import HANDSHAKE, TIMEOUT, statuses, talk

GET = b"GET /healthcheck/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def limited(settings: Settings, *, trusted: tuple[str, ...] = ()) -> AsyncIterator[str]:
    """A server that allows two connections per IP address."""
    sizes = settings.sizes.model_copy(update={"connections_of_address": 2})
    app = settings.app.model_copy(update={"trusted_proxies": trusted})
    async with listening(build_app(replace(settings, sizes=sizes, app=app))) as address:
        yield address


@asynccontextmanager
async def held(address: str, data: bytes, expected: bytes) -> AsyncIterator[None]:
    """An open connection."""
    host, port = address.split(":")
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(data)
        if expected:
            await reader.readuntil(expected)
    yield
    writer.transport.abort()


@pytest.mark.parametrize(("data", "expected"), [(b"", b""), (HANDSHAKE + b"\r\n", b"\r\n\r\n"), (GET[:20], b"")])
async def test_connections_are_limited_per_ip_address(base_settings: Settings, data: bytes, expected: bytes) -> None:
    async with limited(base_settings) as address:

        async def is_served() -> bool:
            return statuses(await talk(address, [GET])) == [b"200"]

        async with held(address, data, expected):
            assert await is_served()
            async with held(address, data, expected):
                refusal = await talk(address, [GET])
                assert statuses(refusal) == [b"429"]
                assert b"retry-after: 10" in refusal
                assert b'"rate_limited"' in refusal
            await eventually(is_served)


async def test_a_trusted_proxy_is_not_limited(base_settings: Settings) -> None:
    async with (
        limited(base_settings, trusted=("127.0.0.0/8",)) as address,
        held(address, b"", b""),
        held(address, b"", b""),
        held(address, b"", b""),
    ):
        assert statuses(await talk(address, [GET])) == [b"200"]


def test_ipv6_addresses_are_counted_by_their_first_64_bits() -> None:
    limit = ConnectionLimit(1, ["2001:db8:1::/48"])
    leave = limit.enter("2001:db8::1")
    assert leave
    assert not limit.enter("2001:db8::2")
    assert limit.enter("2001:db8:0:1::1")
    assert limit.enter("::ffff:192.0.2.1")
    assert not limit.enter("192.0.2.1")
    assert all(limit.enter("2001:db8:1::1") for _ in range(3))
    leave()
    assert limit.enter("2001:db8::2")


def test_an_ip_address_gets_at_most_half_of_the_file_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (6, 6))
    limit = ConnectionLimit(100, [])
    assert [bool(limit.enter("192.0.2.1")) for _ in range(4)] == [True, True, True, False]
