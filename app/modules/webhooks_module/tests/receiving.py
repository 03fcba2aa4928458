"""Helpers of the tests: a receiver of webhooks on loopback, and what they need to know of the server's state."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from app.adapters.clients.http import HttpClient
from app.adapters.db.database import Database
from app.adapters.db.sql import affected
from app.utils.container import Container
from tests.adapters.http_servers import FakeResolver, http_client, response
from tests.fakers import FakeClient, eventually, ok

NAME = "hooks.example"


@dataclass
class Message:
    """A request as it was received."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """The event in the body."""
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data

    @property
    def text(self) -> str:
        return str(self.event["data"]["text"])


@dataclass
class Receiver:
    """An HTTP server that records what is posted. `answers` are given in turn, then 204 without end."""

    messages: list[Message] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    port: int = 0
    _may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._may_answer.set()

    def hang(self) -> None:
        """Answers nothing until `go_on`."""
        self._may_answer.clear()

    def go_on(self) -> None:
        self._may_answer.set()

    def url(self, path: str = "/", host: str = NAME, scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def refuse(self, *statuses: str, **headers: str) -> None:
        """Answers the next requests with these statuses."""
        self.answers += [response(b"", status=status, **headers) for status in statuses]

    def on(self, path: str) -> list[Message]:
        return [message for message in self.messages if message.path == path]

    async def until(self, count: int, path: str = "/", seconds: float = 30.0) -> list[Message]:
        """Waits until so many messages have come, and returns them."""

        async def have_come() -> bool:
            return len(self.on(path)) >= count

        await eventually(have_come, seconds)
        return self.on(path)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
            message = Message(head.split()[1], headers, body)
            self.messages.append(message)
            answer = self.answers.pop(0) if self.answers else response(b"", status="204 No Content")
            await self._may_answer.wait()
            writer.write(answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


@asynccontextmanager
async def reaching(container: Container, *answers: Sequence[str], timeout_s: float = 60) -> AsyncIterator[FakeResolver]:
    """The application finds `hooks.example` at these addresses, in turn, and may reach loopback. No name else."""
    before = container.get(HttpClient)
    resolver = FakeResolver({NAME: answers or (["127.0.0.1"],)})
    async with http_client(resolver, timeout_s=timeout_s) as client:
        container.replace(HttpClient, client)
        try:
            yield resolver
        finally:
            container.replace(HttpClient, before)


async def create(user: FakeClient, receiver: Receiver, path: str = "/", **fields: Any) -> dict[str, Any]:
    """Creates a webhook at the receiver. Returns it with its secret."""
    return ok(await user.post("/webhooks", {"url": receiver.url(path), **fields}))


async def read(user: FakeClient, webhook: dict[str, Any]) -> dict[str, Any]:
    return ok(await user.get(f"/webhooks/{webhook['id']}"))


async def deliveries_of(user: FakeClient, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the attempts, the newest first."""
    return list(ok(await user.get(f"/webhooks/{webhook['id']}/deliveries"))["items"])


async def until_attempts(user: FakeClient, webhook: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Waits until so many attempts are stored. Returns them, the oldest first."""

    async def are_stored() -> bool:
        return len(await deliveries_of(user, webhook)) >= count

    await eventually(are_stored)
    return (await deliveries_of(user, webhook))[::-1]


async def cursor_of(user: FakeClient, webhook: dict[str, Any], stream_id: str) -> dict[str, Any] | None:
    items = ok(await user.get(f"/webhooks/{webhook['id']}/cursors", limit=200))["items"]
    return next((item for item in items if item["stream_id"] == stream_id), None)


async def bring_forward(container: Container, stream_id: str) -> None:
    """Makes the planned attempt in a stream due: the pause is over."""

    async def is_due() -> bool:
        async with container.get(Database).connection() as connection:
            await connection.execute("UPDATE webhook_cursor SET next_at = now() WHERE stream_id = $1", stream_id)
            changed = await connection.execute(
                "UPDATE job SET run_at = now() WHERE name = 'webhooks.deliver' AND state = 'waiting' AND key LIKE $1",
                f"%:{stream_id}",
            )
            return affected(changed) == 1

    await eventually(is_due)


async def delete_events(container: Container, stream_id: str, first_seq: int) -> None:
    """Deletes the events of a stream before this one, as the retention does."""
    async with container.get(Database).connection() as connection:
        await connection.execute("DELETE FROM event WHERE stream_id = $1 AND seq < $2", stream_id, first_seq)
        await connection.execute("UPDATE stream SET first_seq = $2 WHERE id = $1", stream_id, first_seq)


async def until_no_job(container: Container) -> None:
    """Waits until the events since the creation of the webhooks are handled, and no job is due or waits for a turn."""

    async def is_idle() -> bool:
        async with container.get(Database).connection() as connection:
            behind = await connection.fetchval(
                """
                SELECT count(*) FROM event e LEFT JOIN subscriber_cursor c
                    ON c.stream_id = e.stream_id AND c.subscriber = 'webhooks'
                WHERE e.seq > coalesce(c.seq, 0) AND e.at >= (SELECT min(created_at) FROM webhook)
                """
            )
            jobs = await connection.fetchval(
                """
                SELECT count(*) FROM job
                WHERE name = 'webhooks.deliver' AND (state = 'running' OR run_at <= now() + interval '2 seconds')
                """
            )
            return not behind and not jobs

    await eventually(is_idle)
