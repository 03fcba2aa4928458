"""Limits how many jobs of a lane wait for the same receiver, or for receivers of one account, in a process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from app.modules.jobs_module.extension import Lane, RetryAfter

_WAIT = 0.2
"""Seconds that a job waits for its turn. Meanwhile it occupies a slot of its lane."""
_BUSY = 1.0
"""Seconds until a job that got no turn asks again."""


class Turns:
    """Keeps slow receivers from occupying all slots of a lane. In the container."""

    def __init__(self) -> None:
        self._limits: dict[tuple[str, UUID], asyncio.Semaphore] = {}
        self._users: dict[tuple[str, UUID], int] = {}

    @asynccontextmanager
    async def taking(self, lane: Lane, *limits: tuple[UUID, int]) -> AsyncIterator[None]:
        """Takes a turn of each of these ids for the time of the block. Raises RetryAfter if one is not free soon.

        `limits`: ids with the number of their turns in the lane, which are taken in this order.
        """
        async with AsyncExitStack() as taken:
            for key, most in limits:
                await taken.enter_async_context(self._taking((lane.name, key), most))
            yield

    @asynccontextmanager
    async def _taking(self, key: tuple[str, UUID], most: int) -> AsyncIterator[None]:
        limit = self._limits.setdefault(key, asyncio.Semaphore(most))
        self._users[key] = self._users.get(key, 0) + 1
        try:
            try:
                async with asyncio.timeout(_WAIT):
                    await limit.acquire()
            except TimeoutError:
                raise RetryAfter(_BUSY) from None
            try:
                yield
            finally:
                limit.release()
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._limits[key]
