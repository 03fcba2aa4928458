"""Knows without a query that a subscriber has nothing to do in the whole installation: events then cost nothing."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from loguru import logger

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.database import BackgroundDatabase
from app.utils.background import running
from app.utils.container import Container

VALID_FOR = 7.0
"""Seconds for which an answer of the database counts."""
_EVERY = 3.0


class Idleness(ABC):
    """Asks the database every few seconds whether there is anything to do. A subclass is in the container.

    `is_idle_in` is the `is_idle` of a `Subscriber`. A process in which nothing calls `note_use` passes over events for
    up to 7 s after the first use. A module that must not miss them looks for them later.
    """

    def __init__(self, database: BackgroundDatabase) -> None:
        self._database = database
        self._idle_until = 0.0
        self._uses = 0

    @abstractmethod
    async def is_used(self, connection: DatabaseConnection) -> bool:
        """Returns True if there is anything to do, now or for events to come."""

    @classmethod
    def is_idle_in(cls, container: Container) -> bool:
        return container.get(cls).is_idle()

    def is_idle(self) -> bool:
        """Returns True if there was nothing to do a few seconds ago. False if this is not known."""
        return monotonic() < self._idle_until

    def note_use(self) -> None:
        """Notes that there is something to do from now on. Call it after the commit."""
        self._idle_until = 0.0
        self._uses += 1

    async def refresh(self) -> None:
        """Asks the database."""
        asked_at, uses = monotonic(), self._uses
        async with self._database.connection() as connection:
            is_used = await self.is_used(connection)
        # What was committed meanwhile may not be in the answer.
        if uses == self._uses:
            self._idle_until = 0.0 if is_used else asked_at + VALID_FOR

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Keeps asking for the time of the block."""
        async with running(self._keep_refreshing()):
            yield

    async def _keep_refreshing(self) -> None:
        while True:
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("{} is not known: {!r}", type(self).__name__, error)
            await asyncio.sleep(_EVERY)
