"""A server process that is stopped, killed and started again, and users who go on using it."""

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx

from app.adapters.db.address import DatabaseAddress
from tests.acceptance.module_creator.support import environment_of, fetch_column
from tests.fakers import FakeClient, ok
from tests.processes import RunningServer
from tests.servers import http_client


class Installation:
    """A server on a database, with Anna and Boris, who share a chat."""

    anna: FakeClient
    boris: FakeClient
    club: str
    old: dict[str, Any]
    changed: set[str]

    def __init__(self, project: Path, database: DatabaseAddress) -> None:
        self.project = project
        self.database = database
        self.http = http_client()
        self._stack = ExitStack()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stack.close()
        await self.http.aclose()

    def start(self) -> None:
        """Start serving on a port of its own. The clients are directed there."""
        variables = environment_of(self.database) | {"API_RELOAD": "false"}
        self.server = self._stack.enter_context(RunningServer(self.project, self.project / "unused", **variables))
        self.server.wait_until_ready()
        self.http.base_url = httpx.URL(self.server.base_url)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.server.end(how)
        self._stack.close()

    async def sign_up(self) -> None:
        self.anna = await FakeClient.sign_up(self.http, "anna")
        self.boris = await FakeClient.sign_up(self.http, "boris")
        self.club = await self.anna.open_chat(self.boris)

    @property
    def address(self) -> str:
        return self.server.base_url.removeprefix("http://")

    async def find(self, seq: int) -> dict[str, Any]:
        """Returns a message of the history, as Boris reads it."""
        page = ok(await self.boris.get(f"/chats/{self.club}/messages", limit=200))
        return next(message for message in page["items"] if message["seq"] == seq)

    async def fetch(self, query: str) -> list[Any]:
        """Returns the first column."""
        return await fetch_column(self.database, query)
