"""A queue for a bounded number of places that serves keys in turn."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.utils.remote_client import check_client


class FairQueue:
    """A queue in which keys take turns. Many tasks waiting under one key delay another key by at most one place."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def count(self, key: str) -> int:
        """Returns the number of tasks that wait under the key."""
        return len(self._waiting.get(key, ()))

    @asynccontextmanager
    async def place(self, key: str, seconds: float) -> AsyncIterator[None]:
        """Holds a place during the block. Raises TimeoutError if none is free within `seconds`, and ClientLeft."""
        has_to_wait = not self._free
        async with asyncio.timeout(seconds):
            await self._acquire(key)
        try:
            if has_to_wait:
                check_client()
            yield
        finally:
            self._release()

    async def _acquire(self, key: str) -> None:
        if self._free:
            self._free -= 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue = self._waiting.setdefault(key, deque())
        queue.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                with suppress(ValueError):
                    queue.remove(place)
                # Another task may wait under the key in a new queue by now.
                if not queue and self._waiting.get(key) is queue:
                    del self._waiting[key]
            else:
                # The place was given at the same moment.
                self._release()
            raise

    def _release(self) -> None:
        while self._waiting:
            key, queue = next(iter(self._waiting.items()))
            place = queue.popleft()
            del self._waiting[key]
            if queue:
                # The key goes behind the other keys.
                self._waiting[key] = queue
            # A task that was cancelled will remove itself.
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
