"""Signing in by oidc-provider, a certified provider of npm: PKCE is required, claims come from userinfo, `iss` from the
return."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.modules.oidc_module.settings import ProviderSettings
from app.modules.oidc_module.tests.browser import SITE, Browser, refresh, signed_in
from app.modules.oidc_module.tests.conftest import app, with_providers  # noqa: F401 - fixtures of this file
from app.modules.oidc_module.tests.provider import CLIENT_ID, CLIENT_SECRET
from tests.adapters.embedded.support import eventually
from tests.fakers import API, FakeClient, ok, problem
from tests.npm import NODE, install
from tests.processes import free_port
from tests.servers import http_client

_SOURCE = Path(__file__).with_name("oidc_provider")


@pytest.fixture(scope="module")
def installed() -> Path:
    return install(_SOURCE, "oidc-provider-server")


@pytest.fixture
def address(installed: Path) -> Iterator[str]:
    """The address of the provider, a process of its own."""
    port = free_port()
    # Node finds packages beside the script.
    script = installed / "server.mjs"
    script.write_bytes((_SOURCE / "server.mjs").read_bytes())
    command = [str(NODE), str(script), str(port), f"{SITE}{API}/auth/oidc/acme/callback"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:

        def answers() -> bool:
            assert process.poll() is None
            try:
                return httpx.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration").is_success
            except httpx.TransportError:
                return False

        try:
            assert eventually(answers, 60)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@pytest.fixture
def acme(address: str) -> ProviderSettings:
    return ProviderSettings(issuer=address, client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET))


async def sign_in_at_provider(location: str, login: str) -> str:
    """Fills in the provider's forms. Returns the address that it sends the browser back to."""
    async with http_client() as outside:
        for form in ({"prompt": "login", "login": login, "password": "x"}, {"prompt": "consent"}):
            page = await outside.get(location, follow_redirects=True)
            action = re.search(r'action="([^"]+)"', page.text)
            assert action is not None, page.text
            answer = await outside.post(str(page.url.join(action[1])), data=form)
            location = str(answer.url.join(answer.headers["location"]))
            answer = await outside.get(location)
            location = str(answer.url.join(answer.headers["location"]))
    return location


async def code_of(browser: Browser, login: str) -> str:
    """Signs in at the provider. Returns the one-time code."""
    back = await sign_in_at_provider((await browser.start()).headers["location"], login)
    assert back.startswith(f"{SITE}{API}/auth/oidc/acme/callback?")
    return httpx.URL(await browser.come_back(back)).params["code"]


async def test_an_account_signs_in_and_is_out_when_the_provider_has_disabled_it(
    server: httpx.AsyncClient, address: str
) -> None:
    browser = Browser(server)
    vera = signed_in(browser.http, ok(await browser.exchange(await code_of(browser, "vera"))))
    me = ok(await vera.get("/accounts/me"))
    assert (me["email"], me["email_verified"]) == ("vera@example.com", True)
    assert (me["username"], me["display_name"]) == ("vera", "Имя vera")
    # The account has no password.
    problem(await vera.post("/accounts/sign-in", {"login": "vera", "password": ""}), 401, "unauthenticated")
    for _ in range(2):
        ok(await refresh(vera))
    async with http_client() as outside:
        assert (await outside.get(f"{address}/disable/vera")).status_code == 204
    problem(await refresh(vera), 401, "unauthenticated")


async def test_an_account_whose_address_is_not_verified_here_is_linked_by_its_owner_only(
    server: httpx.AsyncClient, anna: FakeClient
) -> None:
    browser = Browser(server)
    code = await code_of(browser, anna.username)
    problem(await browser.exchange(code), 409, "link_required")
    ok(await anna.post("/accounts/me/identities", {"code": code, "code_verifier": browser.verifier}))
    client = signed_in(browser.http, ok(await browser.exchange(await code_of(browser, anna.username))))
    assert ok(await client.get("/accounts/me"))["id"] == anna.id
