"""What an application and its browser do to sign in by a provider."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from app.modules.oidc_module.services.pkce import challenge_of
from app.utils.secrets import new_secret
from tests.fakers import API, FakeClient, ok
from tests.servers import http_client

SITE = "https://chat.example.org"
REDIRECT = "/ui/"


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


class Browser:
    """One browser with its cookies, and one application in it with its verifier."""

    def __init__(self, http: httpx.AsyncClient, provider_id: str = "acme") -> None:
        self.http = httpx.AsyncClient(transport=http._transport, base_url=SITE)
        self.provider_id = provider_id
        self.verifier = new_secret()

    async def start(self, **parameters: str) -> httpx.Response:
        asked = {"redirect": REDIRECT, "code_challenge": challenge_of(self.verifier), "state": "tab 1"} | parameters
        return await self.http.get(f"{API}/auth/oidc/{self.provider_id}/start", params=asked)

    async def go_to_provider(self, **parameters: str) -> str:
        """Begins a sign-in. Returns the address that the provider sends the browser back to."""
        response = await self.start(**parameters)
        assert response.status_code == 303, response.text
        async with http_client() as outside:
            return (await outside.get(response.headers["location"])).headers["location"]

    async def come_back(self, url: str) -> str:
        """Follows the provider's redirect. Returns the address of the application that it leads to."""
        response = await self.http.get(url)
        assert response.status_code == 303, response.text
        return response.headers["location"]

    async def code(self) -> str:
        """Returns the one-time code of a whole sign-in at the provider."""
        answer = query_of(await self.come_back(await self.go_to_provider()))
        assert answer["state"] == "tab 1"
        assert "code" in answer, answer
        return answer["code"]

    async def exchange(self, code: str, **fields: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": self.verifier} | fields
        return await self.http.post(f"{API}/accounts/token", data=form)

    async def sign_in(self) -> FakeClient:
        """Returns a client that is signed in by the provider."""
        return signed_in(self.http, ok(await self.exchange(await self.code())))


async def fails(browser: Browser) -> None:
    """A whole sign-in ends at the application with an error, and without a code."""
    assert query_of(await browser.come_back(await browser.go_to_provider())) == {
        "error": "server_error",
        "state": "tab 1",
    }


def signed_in(http: httpx.AsyncClient, tokens: dict[str, Any]) -> FakeClient:
    client = FakeClient(http, access_token=tokens["access_token"], refresh_token=tokens["refresh_token"])
    client.headers["Authorization"] = f"Bearer {client.access_token}"
    return client


async def refresh(client: FakeClient) -> httpx.Response:
    """Refreshes the session of a client."""
    response = await client.http.post(f"{API}/accounts/refresh", json={"refresh_token": client.refresh_token})
    if response.is_success:
        client.refresh_token, client.access_token = (ok(response)[name] for name in ("refresh_token", "access_token"))
        client.headers["Authorization"] = f"Bearer {client.access_token}"
    return response
