"""A user who calls any server, and another one if there is no answer."""

import asyncio
from collections.abc import Collection, Sequence
from random import Random
from typing import Any

from tests.faults.load.http import API, Answer, Http
from tests.faults.load.socket import NoAnswer

Endpoint = tuple[str, int]
"""Host and port of a server."""
_PASSWORD = "correct horse battery"
AGAIN = frozenset({401, 429, 503})
"""Statuses after which a request is repeated; after 401 with a new token."""


class Unexpected(Exception):
    """A server answered what it must never answer."""


class User:
    def __init__(self, username: str, endpoints: Sequence[Endpoint], random: Random) -> None:
        self.username = username
        self.endpoints = endpoints
        self.random = random
        self.id = ""
        self.token = ""
        self._http = Http(*random.choice(endpoints))

    async def sign_up(self) -> None:
        body = {"email": f"{self.username}@example.com", "username": self.username, "password": _PASSWORD}
        self.id = (await self.retry("POST", "/accounts/sign-up", body)).json["id"]
        await self.sign_in()

    async def sign_in(self) -> None:
        body = {"login": self.username, "password": _PASSWORD}
        self.token = (await self.retry("POST", "/accounts/sign-in", body)).json["access_token"]

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Makes one attempt. Raises NoAnswer."""
        more = ({name.replace("_", "-"): value for name, value in headers.items()},) if headers else ()
        try:
            answer = await self._http.ask(method, f"{API}{path}", self.token, body, *more)
        except NoAnswer:
            self._http.move(*self.random.choice(self.endpoints))
            raise
        if answer.status == 401 and self.token:
            # By the clock of this server the token is not valid yet, or has expired.
            self.token = ""
            await self.sign_in()
        return answer

    async def fetch(self, path: str) -> Answer:
        """Gets what needs no token, from the root. Repeats it until there is an answer."""
        while True:
            try:
                return await self._http.ask("GET", path)
            except NoAnswer:
                await self.pause(0.5)

    async def retry(self, method: str, path: str, body: Any = None, also: Collection[int] = ()) -> Answer:
        """Retries until the request succeeds. `also` are statuses that a repetition of a completed request may get."""
        pause = 0.05
        while True:
            try:
                answer = await self.call(method, path, body)
            except NoAnswer:
                pass
            else:
                if answer.status < 300 or answer.status in also:
                    return answer
                if answer.status not in AGAIN:
                    raise Unexpected(f"{method} {path}: {answer.status} {answer.body.decode()}")
            await self.pause(pause)
            pause = min(pause * 2, 2.0)

    async def pause(self, longest: float) -> None:
        await asyncio.sleep(self.random.uniform(longest / 2, longest))

    def leave(self) -> None:
        self._http.close()
