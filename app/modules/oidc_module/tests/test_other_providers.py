"""Signing in by a provider that others have written: oidc-provider-mock."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from socket import socket

import httpx
import pytest
from pydantic import SecretStr

from app.modules.oidc_module.settings import ProviderSettings
from app.modules.oidc_module.tests.browser import Browser
from app.modules.oidc_module.tests.provider import CLIENT_ID
from tests.adapters.embedded.support import eventually
from tests.fakers import API, ok, problem


@pytest.fixture
def mock() -> Iterator[str]:
    """The address of the provider, a process of its own."""
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:
        address = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert process.poll() is None
            try:
                return httpx.get(f"{address}/.well-known/openid-configuration").is_success
            except httpx.TransportError:
                return False

        try:
            assert eventually(answers, 60)
            yield address
        finally:
            process.kill()


@pytest.fixture
def acme(mock: str) -> ProviderSettings:
    return ProviderSettings(issuer=mock, client_id=CLIENT_ID, client_secret=SecretStr("any secret"))


async def test_an_account_signs_in_and_is_out_when_its_tokens_are_revoked(browser: Browser, mock: str) -> None:
    claims = {"email": "vera@example.com", "email_verified": True, "name": "Вера", "preferred_username": "vera"}
    async with httpx.AsyncClient() as outside:
        assert (await outside.put(f"{mock}/users/vera-7", json=claims)).is_success
        location = (await browser.start()).headers["location"]
        back = (await outside.post(location, data={"sub": "vera-7"})).headers["location"]
        code = httpx.URL(await browser.come_back(back)).params["code"]
        tokens = ok(await browser.exchange(code))
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        me = ok(await browser.http.get(f"{API}/accounts/me", headers=headers))
        assert (me["email"], me["email_verified"], me["username"]) == ("vera@example.com", True, "vera")
        assert me["display_name"] == "Вера"
        tokens = ok(await browser.http.post(f"{API}/accounts/refresh", json={"refresh_token": tokens["refresh_token"]}))
        assert (await outside.post(f"{mock}/users/vera-7/revoke-tokens")).is_success
        spent = await browser.http.post(f"{API}/accounts/refresh", json={"refresh_token": tokens["refresh_token"]})
        problem(spent, 401, "unauthenticated")
