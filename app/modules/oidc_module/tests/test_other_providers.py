"""Signing in by a provider that others have written: oidc-provider-mock."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.oidc_module.settings import ProviderSettings
from app.modules.oidc_module.tests.browser import Browser, refresh, signed_in
from app.modules.oidc_module.tests.provider import CLIENT_ID
from app.modules.recovery_module.tests.links import email_of, verify
from tests.adapters.embedded.support import eventually
from tests.fakers import FakeClient, ok, problem
from tests.processes import free_port
from tests.servers import http_client


@pytest.fixture
def mock() -> Iterator[str]:
    """The address of the provider, a process of its own."""
    port = free_port()
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


async def code_of(browser: Browser, mock: str, subject: str, **claims: Any) -> str:
    """Signs in at the provider, which believes what a test says about a person. Returns the one-time code."""
    async with http_client() as outside:
        assert (await outside.put(f"{mock}/users/{subject}", json=claims)).is_success
        location = (await browser.start()).headers["location"]
        back = (await outside.post(location, data={"sub": subject})).headers["location"]
    return httpx.URL(await browser.come_back(back)).params["code"]


async def test_an_account_signs_in_and_is_out_when_its_tokens_are_revoked(browser: Browser, mock: str) -> None:
    claims = {"email": "vera@example.com", "email_verified": True, "name": "Вера", "preferred_username": "vera"}
    vera = signed_in(browser.http, ok(await browser.exchange(await code_of(browser, mock, "vera-7", **claims))))
    me = ok(await vera.get("/accounts/me"))
    assert (me["email"], me["email_verified"], me["username"]) == ("vera@example.com", True, "vera")
    assert me["display_name"] == "Вера"
    # The account has no password.
    problem(await vera.post("/accounts/sign-in", {"login": "vera", "password": ""}), 401, "unauthenticated")
    ok(await refresh(vera))
    async with http_client() as outside:
        assert (await outside.post(f"{mock}/users/vera-7/revoke-tokens")).is_success
    problem(await refresh(vera), 401, "unauthenticated")


async def test_an_account_is_linked_only_if_both_have_verified_its_address(
    browser: Browser, mock: str, anna: FakeClient, mailbox: Mailbox
) -> None:
    async def exchange(*, is_verified: bool) -> httpx.Response:
        claims = {"email": email_of(anna), "email_verified": is_verified}
        return await browser.exchange(await code_of(browser, mock, "anna-1", **claims))

    problem(await exchange(is_verified=True), 409, "link_required")
    await verify(anna, mailbox)
    problem(await exchange(is_verified=False), 409, "link_required")
    assert ok(await anna.get("/accounts/me/identities"))["items"] == []
    client = signed_in(browser.http, ok(await exchange(is_verified=True)))
    assert ok(await client.get("/accounts/me"))["id"] == anna.id
