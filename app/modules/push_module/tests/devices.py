"""Helpers of the tests: a push service on loopback, and devices that read what it receives, as browsers do."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from secrets import token_bytes
from typing import Any, NamedTuple

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.clients.http import HttpClient
from app.adapters.db.database import Database
from app.utils import base64url
from app.utils.container import Container
from tests.adapters.http_servers import FakeResolver, http_client
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok

PATH = "/accounts/me/push-subscriptions"
_numbers = count(1)
_PENDING = """
SELECT count(*) FROM stream s LEFT JOIN subscriber_cursor c ON c.stream_id = s.id AND c.subscriber = 'push'
WHERE EXISTS (
    SELECT FROM event e WHERE e.stream_id = s.id AND e.seq > coalesce(c.seq, 0)
      AND e.kind IN ('message.created', 'read.moved', 'chat.left')
)
"""
_JOBS = "SELECT count(*) FROM job WHERE name LIKE 'push.%' AND name <> 'push.tidy' AND state <> 'dead'"


class Request(NamedTuple):
    headers: Mapping[str, str]
    body: bytes


@dataclass
class PushService:
    """Records what it receives by path. `answers`: status lines of the next answers, 201 by default. `held`: paths that
    it does not answer."""

    port: int = 0
    requests: dict[str, list[Request]] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    held: dict[str, asyncio.Event] = field(default_factory=dict)

    def hold(self, path: str) -> None:
        self.held[path] = asyncio.Event()

    def release(self, path: str) -> None:
        self.held.pop(path).set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["PushService"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
            path = first.split()[1]
            answers = self.answers.get(path)
            status = answers.pop(0) if answers else "201 Created"
            self.requests.setdefault(path, []).append(Request(headers, body))
            if path in self.held:
                await self.held[path].wait()
            writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class Device:
    """A device of a user, with the keys that only it has."""

    def __init__(self, service: PushService, user: FakeClient) -> None:
        self.service, self.user = service, user
        self.path = f"/send/{next(_numbers)}-{base64url.encode(token_bytes(12))}"
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = token_bytes(16)
        self.id = ""

    @property
    def subscription(self) -> dict[str, Any]:
        point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": base64url.encode(point), "auth": base64url.encode(self._auth)}
        return {"endpoint": f"http://127.0.0.1:{self.service.port}{self.path}", "keys": keys}

    async def subscribe(self) -> "Device":
        self.id = ok(await self.user.put(PATH, self.subscription))["id"]
        return self

    @property
    def requests(self) -> Sequence[Request]:
        return self.service.requests.get(self.path, [])

    @property
    def received(self) -> list[dict[str, Any]]:
        """What the device has read, the oldest first."""
        return [self.read(request) for request in self.requests]

    def read(self, request: Request) -> dict[str, Any]:
        assert len(request.body) <= 4096
        assert request.headers["content-encoding"] == "aes128gcm"
        data = http_ece.decrypt(request.body, private_key=self._private, auth_secret=self._auth, version="aes128gcm")
        return dict(json.loads(data))

    async def until(self, number: int) -> list[dict[str, Any]]:
        """Waits for so many notifications and returns them."""

        async def are_there() -> bool:
            return len(self.requests) >= number

        await eventually(are_there)
        return self.received


def claims_of(request: Request) -> dict[str, Any]:
    """Returns what the server has signed, after a check of the signature with the key that it names."""
    scheme, _, rest = request.headers["authorization"].partition(" ")
    values = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid"
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64url.decode(values["k"]))
    signed = jwt.decode(values["t"], key, algorithms=["ES256"], options={"verify_aud": False})
    return {**signed, "k": values["k"]}


@asynccontextmanager
async def push_service_for(container: Container) -> AsyncIterator[PushService]:
    """A push service that the application reaches, and nothing else. A request that it holds does not end by itself."""
    before = container.get(HttpClient)
    async with PushService().listening() as service, http_client(FakeResolver(), timeout_s=60) as client:
        container.replace(HttpClient, client)
        yield service
        container.replace(HttpClient, before)


async def until_followed(container: Container) -> None:
    """Waits until each event that could notify a device has its job."""

    async def are_followed() -> bool:
        ((pending,),) = await rows(container, _PENDING)
        return not pending

    await eventually(are_followed)


async def let_time_pass(container: Container) -> None:
    """Lets devices be notified of the messages that were sent before."""
    await until_followed(container)
    await rows(container, "UPDATE job SET run_at = now() WHERE name = 'push.plan'")


async def until_idle(container: Container) -> None:
    """Waits until no event and no job is left that could notify a device."""

    async def is_idle() -> bool:
        async with container.get(Database).connection() as connection:
            return not await connection.fetchval(_PENDING) and not await connection.fetchval(_JOBS)

    await eventually(is_idle)
