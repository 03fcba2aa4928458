"""Limits how many requests to one webhook, and for one account, a process has open at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

_OF_ACCOUNT = 8
_OF_WEBHOOK = 4
_WAIT = 0.2
"""Seconds that a job waits for its turn. Meanwhile it occupies a slot of its lane."""


class Busy(Exception):
    """So many requests are open that this one must come later."""


class Turns:
    """Keeps slow receivers from occupying all slots of the lane. In the container."""

    def __init__(self) -> None:
        self._limits: dict[UUID, asyncio.Semaphore] = {}
        self._users: dict[UUID, int] = {}

    @asynccontextmanager
    async def taking(self, account_id: UUID, webhook_id: UUID) -> AsyncIterator[None]:
        """Takes a turn for the time of the block. Raises Busy if none is free soon."""
        # In this order: what waits for a slow receiver takes nothing from the other webhooks of its account.
        async with self._taking(webhook_id, _OF_WEBHOOK), self._taking(account_id, _OF_ACCOUNT):
            yield

    @asynccontextmanager
    async def _taking(self, key: UUID, most: int) -> AsyncIterator[None]:
        limit = self._limits.setdefault(key, asyncio.Semaphore(most))
        self._users[key] = self._users.get(key, 0) + 1
        try:
            try:
                async with asyncio.timeout(_WAIT):
                    await limit.acquire()
            except TimeoutError:
                raise Busy from None
            try:
                yield
            finally:
                limit.release()
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._limits[key]
