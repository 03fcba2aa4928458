"""How many batches of several chats are in progress at once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_WRITERS = 2
"""Concurrent batches: one is written while the other commits."""
MAX_FULL_WRITERS = 4
"""Concurrent batches while the waiting sends fill another one."""
SLOW_AFTER = 0.3
"""Seconds after which a batch in progress holds up no smaller one: it probably waits for a lock."""


class Writers:
    """Counts them, and says when another one may begin.

    More small batches would cost more than they gain: one with fewer chats than the latest one begins only when that is
    written, or slow. `on_slow` is called when a batch becomes slow.
    """

    def __init__(self, on_slow: Callable[[], None]) -> None:
        self._on_slow = on_slow
        self._count = 0
        self._slow: set[object] = set()
        self._chats_in_latest = 0

    def may_begin(self, chats: int, *, is_full: bool) -> bool:
        """Returns True if a batch of so many chats may begin. `is_full`: the waiting sends fill it."""
        limit = MAX_FULL_WRITERS if is_full else MAX_WRITERS
        if not is_full and chats < self._chats_in_latest:
            limit = min(limit, 1 + len(self._slow))
        return chats > 0 and self._count < limit

    def begin(self) -> None:
        """Counts a batch from now on. `writing` must follow."""
        self._count += 1

    @contextmanager
    def writing(self, chats: int) -> Iterator[None]:
        """Is entered with the number of chats that the batch has taken, and left when it is written."""
        self._chats_in_latest = chats or self._chats_in_latest
        batch = object()
        timer = asyncio.get_running_loop().call_later(SLOW_AFTER, self._note_slow, batch)
        try:
            yield
        finally:
            timer.cancel()
            self._slow.discard(batch)
            self._count -= 1

    def _note_slow(self, batch: object) -> None:
        self._slow.add(batch)
        self._on_slow()
