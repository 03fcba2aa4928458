"""People who use the server in tests, through one small typed client."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self
from uuid import UUID, uuid4

import httpx

PASSWORD = "correct horse battery"
API = "/api/v1"

_numbers = count(1)


@dataclass
class FakeClient:
    """A person at a client. Each call answers the whole response; what `ok` answers is its body, after a look at it."""

    http: httpx.AsyncClient
    id: str = ""
    username: str = ""
    access_token: str = ""
    refresh_token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def sign_up(cls, http: httpx.AsyncClient, name: str | None = None, display_name: str | None = None) -> Self:
        """A new person, signed in."""
        username = f"{name or 'person'}_{next(_numbers)}"
        body = {"email": f"{username}@example.com", "password": PASSWORD, "username": username}
        if display_name:
            body["display_name"] = display_name
        response = await http.post(f"{API}/accounts/sign-up", json=body)
        assert response.status_code == 201, response.text
        person = cls(http, id=response.json()["id"], username=username)
        return await person.sign_in()

    async def sign_in(self, password: str = PASSWORD) -> Self:
        """One more session; this client goes on with it."""
        body = {"login": self.username, "password": password}
        tokens = (await self.http.post(f"{API}/accounts/sign-in", json=body)).raise_for_status().json()
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.headers["Authorization"] = f"Bearer {self.access_token}"
        return self

    def another_device(self) -> "FakeClient":
        """The same person, not yet signed in there."""
        return FakeClient(self.http, id=self.id, username=self.username)

    async def call(
        self, method: str, path: str, json: Any = None, *, params: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """A call below the prefix."""
        if json is not None:
            more["json"] = json
        return await self.http.request(method, f"{API}{path}", params=params, headers=self.headers, **more)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.call("GET", path, params=params)

    async def post(self, path: str, json: Any = None) -> httpx.Response:
        return await self.call("POST", path, json)

    async def put(self, path: str, json: Any = None) -> httpx.Response:
        return await self.call("PUT", path, json)

    async def patch(self, path: str, json: Any = None) -> httpx.Response:
        return await self.call("PATCH", path, json)

    async def delete(self, path: str) -> httpx.Response:
        return await self.call("DELETE", path)

    async def open_chat(self, *others: "FakeClient", type: str = "group", **fields: Any) -> str:  # noqa: A002
        """A chat with others; its id."""
        body = {"type": type, "member_ids": [other.id for other in others], **fields}
        return str(ok(await self.post("/chats", body))["id"])

    async def send(self, chat_id: str, text: str = "Привет", **fields: Any) -> dict[str, Any]:
        """A message, sent as a careful client does."""
        body = {"client_msg_id": str(uuid4()), "text": text, **fields}
        return ok(await self.post(f"/chats/{chat_id}/messages", body))

    async def events(self, chat_id: str, after: int = 0, limit: int = 200) -> list[dict[str, Any]]:
        return list(ok(await self.get(f"/chats/{chat_id}/events", after=after, limit=limit))["items"])

    async def own_events(self, after: int = 0) -> list[dict[str, Any]]:
        return list(ok(await self.get("/accounts/me/events", after=after, limit=200))["items"])

    @property
    def uuid(self) -> UUID:
        return UUID(self.id)


def ok(response: httpx.Response) -> dict[str, Any]:
    """The body of an answer that has to be a success."""
    assert response.is_success, f"{response.status_code} {response.text}"
    body: dict[str, Any] = response.json() if response.content else {}
    return body


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an answer that has to be this problem."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    return body


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Waits for what another task or process does in its own time."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - nobody tells a test that it has happened
            await asyncio.sleep(0.05)
