"""Places for requests that bring bytes: if none is free, those who have many give one up for those who have few."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.services.open_sessions import OpenSessions
from app.services.errors import Overloaded, RateLimited, ServiceError

MAX_AT_ONCE = 48
"""Requests of one process that bring bytes: each has a piece in memory."""
MAX_OF_ACCOUNT = 6


class Sender(NamedTuple):
    """Who sends a request, in which session, and the network that it comes from."""

    account_id: UUID
    session_id: UUID
    network: str


class Place:
    """The right of one request to bring bytes."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.is_free = asyncio.Event()
        self._refusal: ServiceError | None = None
        self._waiting: asyncio.Timeout | None = None

    def end(self, refusal: ServiceError) -> None:
        """Refuses all further bytes. What has arrived can still be stored."""
        if self._refusal is None:
            self._refusal = refusal
            if self._waiting is not None:
                self._waiting.reschedule(0)

    async def read(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yields what arrives. Raises the refusal when the place has ended."""
        while True:
            try:
                async with asyncio.timeout(None if self._refusal is None else 0) as self._waiting:
                    chunk = await anext(chunks, None)
            except TimeoutError as error:
                raise self._refusal or error from None
            finally:
                self._waiting = None
            if chunk is None:
                return
            yield chunk


class Places:
    """The places of one process. A place ends with the session of its sender."""

    def __init__(self, sessions: OpenSessions) -> None:
        self._sessions = sessions
        # The oldest first.
        self._taken: list[Place] = []

    @asynccontextmanager
    async def take(self, sender: Sender) -> AsyncIterator[Place]:
        """Holds a place during the block. Raises RateLimited, Overloaded."""
        previous = self._find_previous(sender)
        place = Place(sender)
        self._taken.append(place)
        watch = self._sessions.watch(sender.session_id, lambda: place.end(InvalidToken()))
        try:
            if previous is not None:
                self._taken.remove(previous)
                previous.end(Overloaded())
                await previous.is_free.wait()
            yield place
        finally:
            watch.stop()
            if place in self._taken:
                self._taken.remove(place)
            place.is_free.set()

    def _find_previous(self, sender: Sender) -> Place | None:
        """Returns the place that a new request takes over, None while there are others.

        Afterwards its network or its account still has at least as many places as that of the new request: two of them
        do not take places from each other again and again.
        """
        of_network = Counter(place.sender.network for place in self._taken)
        of_account = Counter(place.sender.account_id for place in self._taken)
        if of_account[sender.account_id] >= MAX_OF_ACCOUNT:
            raise RateLimited("Too many uploads of this account at once", retry_after=1)
        if len(self._taken) < MAX_AT_ONCE:
            return None

        def counts(holder: Sender) -> tuple[int, int]:
            return of_network[holder.network], of_account[holder.account_id]

        in_network, in_account = counts(sender)
        larger = [
            place
            for place in self._taken
            if of_network[place.sender.network] > in_network + 1
            or (place.sender.network == sender.network and of_account[place.sender.account_id] > in_account + 1)
        ]
        if not larger:
            raise Overloaded
        return max(larger, key=lambda place: counts(place.sender))
