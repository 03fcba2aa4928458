"""Users of the server in tests, with one small typed client."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any, Self
from uuid import UUID, uuid4

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.modules.messages_module.extension import MessageView
from app.utils.module import Modules
from app.utils.setup_modules import discover_modules
from tests.busy import when_not_busy

PASSWORD = "correct horse battery"
API = "/api/v1"

_numbers = count(1)


@dataclass
class FakeClient:
    """A user at a client. Each call returns the whole response. `ok` checks it and returns its body."""

    http: httpx.AsyncClient
    id: str = ""
    username: str = ""
    access_token: str = ""
    refresh_token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def sign_up(cls, http: httpx.AsyncClient, name: str | None = None, display_name: str | None = None) -> Self:
        """Creates a user, signed in. A busy server is asked again."""
        username = f"{name or 'person'}_{next(_numbers)}"
        body = {"email": f"{username}@example.com", "password": PASSWORD, "username": username}
        if display_name:
            body["display_name"] = display_name
        response = await when_not_busy(lambda: http.post(f"{API}/accounts/sign-up", json=body))
        assert response.status_code == 201, response.text
        return await cls(http, id=response.json()["id"], username=username).sign_in()

    async def sign_in(self, password: str = PASSWORD) -> Self:
        """Opens another session. This client uses it from now on. A busy server is asked again."""
        body = {"login": self.username, "password": password}
        tokens = ok(await when_not_busy(lambda: self.http.post(f"{API}/accounts/sign-in", json=body)))
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.headers["Authorization"] = f"Bearer {self.access_token}"
        return self

    def another_device(self) -> "FakeClient":
        """Returns a client of the same user that is not signed in yet."""
        return FakeClient(self.http, id=self.id, username=self.username)

    async def call(
        self, method: str, path: str, json: Any = None, *, params: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """Calls a path below the prefix."""
        return await self.http.request(method, f"{API}{path}", json=json, params=params, headers=self.headers, **more)

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
        """Create a chat with other users. Returns its id."""
        body = {"type": type, "member_ids": [other.id for other in others], **fields}
        return str(ok(await self.post("/chats", body))["id"])

    async def send(self, chat_id: str, text: str = "Привет", **fields: Any) -> dict[str, Any]:
        """Send a message with a `client_msg_id`. A busy server is asked again."""
        body = {"client_msg_id": str(uuid4()), "text": text, **fields}
        return ok(await when_not_busy(lambda: self.post(f"/chats/{chat_id}/messages", body)))

    async def events(self, chat_id: str, after: int = 0, limit: int = 200) -> list[dict[str, Any]]:
        return list(ok(await self.get(f"/chats/{chat_id}/events", after=after, limit=limit))["items"])

    async def own_events(self, after: int = 0) -> list[dict[str, Any]]:
        """Returns the events of the account's stream, without the sign-ins."""
        events = ok(await self.get("/accounts/me/events", after=after, limit=200))["items"]
        return [event for event in events if event["kind"] != "security.signed_in"]

    @property
    def uuid(self) -> UUID:
        return UUID(self.id)


def ok(response: httpx.Response) -> dict[str, Any]:
    """Returns the body of a response that must be a success."""
    assert response.is_success, f"{response.status_code} {response.text}"
    body: dict[str, Any] = response.json() if response.content else {}
    return body


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Returns the body of a response that must be this problem."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    assert bool(body.get("errors")) == (status == 422), body
    return body


@cache
def _views() -> frozenset[str]:
    return frozenset(view.name for view in Modules(discover_modules().values()).contributions(MessageView))


def as_sent(message: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a message as its sender and events have it: without the fields that only reads have."""
    return {name: value for name, value in message.items() if name not in _views()}


class FakeSocket:
    """A device on a WebSocket. It records events, and keeps its cursors when it is cut off."""

    def __init__(self, user: FakeClient, address: str) -> None:
        self.user = user
        self.address = address
        self.cursors: dict[str, int] = {}
        self.events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.signals: list[dict[str, Any]] = []
        self.gaps: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self._replies: dict[Any, asyncio.Future[dict[str, Any]]] = {}
        self._ids = count(1)
        self._news = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connects, and waits until the chats are followed: hello is answered before."""
        await self.connect()
        await self.ask("ping")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def connect(self, address: str | None = None) -> dict[str, Any]:
        """Send hello with the current cursors. Returns the reply's data."""
        await self._open(address or self.address)
        return await self.ask("hello", token=self.user.access_token, cursors=self.cursors)

    async def refused(self) -> int | None:
        """Send a hello that must be refused. Returns the close code."""
        await self._open(self.address)
        with suppress(asyncio.CancelledError):
            await self.begin("hello", token=self.user.access_token)
        await self.until(lambda: self.close_code is not None)
        return self.close_code

    async def cut(self) -> None:
        """Close the connection without a close frame, if it is open."""
        if self._listening is None:
            return
        self._listening.cancel()
        self.connection.transport.abort()
        await asyncio.wait([self._listening])

    def begin(self, action: str, **data: Any) -> Awaitable[dict[str, Any]]:
        """Send a request. The result is awaited later and is the whole reply."""
        request_id = next(self._ids)
        reply = self._replies[request_id] = asyncio.get_running_loop().create_future()
        frame = json.dumps({"id": request_id, "action": action, "data": data})
        self._sending = asyncio.ensure_future(self.connection.send(frame))
        self._sending.add_done_callback(lambda sending: sending.cancelled() or sending.exception())
        return reply

    async def ask(self, action: str, *, seconds: float = 30, **data: Any) -> dict[str, Any]:
        """Send a request. Returns the data of its reply, which must be ok."""
        reply = await asyncio.wait_for(self.begin(action, **data), seconds)
        assert reply["status"] == "ok", reply
        return dict(reply["data"])

    async def until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Read frames until the condition is True."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def kinds(self, stream_id: str) -> list[str]:
        return [event["kind"] for event in self.events[stream_id]]

    def seqs(self, stream_id: str) -> list[int]:
        return [event["seq"] for event in self.events[stream_id]]

    async def _open(self, address: str) -> None:
        await self.cut()
        self.address, self.close_code = address, None
        self.connection = await connect(f"ws://{address}{API}/ws", max_size=None, compression=None, open_timeout=60)
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            async for text in self.connection:
                self._take(json.loads(text))
                self._news.set()
        except ConnectionClosed:
            pass
        finally:
            self.close_code = self.connection.close_code
            for reply in self._replies.values():
                reply.cancel("the socket was closed")
            self._replies.clear()
            self._news.set()

    def _take(self, frame: dict[str, Any]) -> None:
        if "event" in frame:
            event = frame["event"]
            self.events[event["stream_id"]].append(event)
            self.cursors[event["stream_id"]] = event["seq"]
        elif "signal" in frame:
            self.signals.append(frame["signal"])
        elif "gap" in frame:
            self.gaps.append(frame["gap"])
            self.cursors[frame["gap"]["stream_id"]] = frame["gap"]["last_seq"]
        else:
            reply = self._replies.pop(frame["reply_to"], None)
            if reply is not None and not reply.done():
                reply.set_result(frame)


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """Wait until another task or process has made the condition True."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - there is no notification
            await asyncio.sleep(0.05)
