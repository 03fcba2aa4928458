"""Probes liveness and readiness of each server all the time, and records the answers and their durations."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple

from tests.faults.load.http import API, Http
from tests.faults.load.socket import NoAnswer
from tests.faults.load.user import User
from tests.faults.scene.cluster import Server

_PERIOD = 0.2
_TIMEOUT = 20.0
LIVE = "/healthcheck/live"
_NEEDS_DATABASE = (f"{API}/chats?limit=1", f"{API}/accounts/me")
"""One request for each of the two ways to get a connection (unit of work, pool of the hot paths)."""


class Sample(NamedTuple):
    server: int
    path: str
    began: float
    seconds: float
    status: int | None
    """None if there was no answer."""
    retry_after: bool

    @property
    def is_success(self) -> bool:
        return self.status is not None and self.status < 300


class Probe:
    """Probes the servers directly, without wires, as a user who is in no chat."""

    def __init__(self, servers: Sequence[Server], user: User) -> None:
        self.samples: list[Sample] = []
        self._servers = servers
        self._user = user
        self._served_at = [0.0] * len(servers)
        self._news = asyncio.Event()

    async def keep_probing(self) -> None:
        """Probe until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(len(self._servers)):
                group.create_task(self._probe(number, LIVE))
                for path in _NEEDS_DATABASE:
                    group.create_task(self._probe(number, path))

    async def until_served(self, since: float) -> float:
        """Wait until every server has served a request that needs the database. Returns how long that took for all."""
        while min(self._served_at) < since:
            self._news.clear()
            await self._news.wait()
        return max(self._served_at) - since

    def between(self, began: float, ended: float, matches: Callable[[Sample], bool]) -> list[Sample]:
        """Returns the samples of requests that began in this period."""
        return [sample for sample in self.samples if began <= sample.began < ended and matches(sample)]

    async def _probe(self, number: int, path: str) -> None:
        http = Http("127.0.0.1", self._servers[number].process.port)
        try:
            while True:
                began = monotonic()
                status, retry_after = None, False
                try:
                    answer = await http.ask("GET", path, self._user.token, seconds=_TIMEOUT)
                    status, retry_after = answer.status, answer.retry_after
                except NoAnswer:
                    pass
                ended = monotonic()
                sample = Sample(number, path, began, ended - began, status, retry_after)
                self.samples.append(sample)
                if sample.is_success and path != LIVE:
                    self._served_at[number] = ended
                    self._news.set()
                await asyncio.sleep(_PERIOD)
        finally:
            http.close()
