"""Forwarded headers are used if they come from trusted proxies, and ignored otherwise."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from uvicorn.middleware.proxy_headers import _TrustedHosts

from app.fastapi_engine.constructor import build_app
from app.fastapi_engine.proxies import proxy_options
from app.settings import Settings
from app.settings.app_settings import AppSettings
from tests.fakers import FakeClient, ok
from tests.servers import listening

TRUSTED = AppSettings(trusted_proxies=("127.0.0.1", "10.0.0.0/8"))


@asynccontextmanager
async def behind(settings: Settings, app: AppSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A server that trusts 127.0.0.1 as a proxy."""
    async with (
        listening(build_app(settings), **proxy_options(app)) as address,
        httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as http,
    ):
        yield http


async def seen_from(http: httpx.AsyncClient, forwarded: list[str]) -> str:
    """Signs in, and returns the IP address that the server has recorded."""
    user = await FakeClient.sign_up(http)
    http.headers = httpx.Headers([("X-Forwarded-For", value) for value in forwarded])
    await user.sign_in()
    sessions = ok(await user.get("/accounts/sessions"))["items"]
    return next(str(session["address"]) for session in sessions if session["current"])


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ([], "127.0.0.1"),
        (["203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7:4711"], "203.0.113.7"),
        (["2001:db8::7"], "2001:db8::7"),
        # The client's own entry comes before those that the proxies have added.
        (["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        (["127.0.0.1, 203.0.113.7"], "203.0.113.7"),
        (["6.6.6.6, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        (["6.6.6.6", "203.0.113.7, 10.1.2.3"], "203.0.113.7"),
    ],
)
async def test_the_address_of_the_client_is_taken_from_a_trusted_proxy(
    settings: Settings, forwarded: list[str], address: str
) -> None:
    async with behind(settings, TRUSTED) as http:
        assert await seen_from(http, forwarded) == address


def test_a_proxy_is_recognized_in_each_form_of_its_address() -> None:
    """A network may be written with bits of a host, and a socket for both versions shows IPv4 addresses as IPv6."""
    options = proxy_options(AppSettings(trusted_proxies=("10.0.0.5/24", "192.0.2.1", "fd00::7/64")))
    trusted = _TrustedHosts(options["forwarded_allow_ips"])
    assert all(each in trusted for each in ("10.0.0.9", "::ffff:10.0.0.9", "::ffff:192.0.2.1", "fd00::1"))
    assert not any(each in trusted for each in ("10.0.1.9", "::ffff:10.0.1.9", "192.0.2.2", "fd01::1"))


@pytest.mark.parametrize("trusted", [(), ("10.0.0.0/8",), ("192.0.2.1",)])
async def test_headers_of_untrusted_proxies_are_ignored(settings: Settings, trusted: tuple[str, ...]) -> None:
    async with behind(settings, AppSettings(trusted_proxies=trusted)) as http:
        assert await seen_from(http, ["203.0.113.7"]) == "127.0.0.1"
        answer = await http.get("/healthcheck/live", headers={"X-Forwarded-Proto": "https"})
        assert "strict-transport-security" not in answer.headers


async def test_strict_transport_security_is_sent_over_https_only(settings: Settings) -> None:
    async with behind(settings, TRUSTED) as http:
        plain = await http.get("/healthcheck/live")
        assert "strict-transport-security" not in plain.headers
        secure = await http.get("/healthcheck/live", headers={"X-Forwarded-Proto": "https"})
        assert secure.headers["strict-transport-security"] == "max-age=31536000"
