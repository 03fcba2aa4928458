"""Streams that wait to be looked at or handled, in the order in which that happens."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

_BACKLOG_AT_LEAST = 20
"""Streams of the backlog that are taken each time, however many live ones wait."""


class StreamQueue:
    """A queue without repetition. Streams that were just notified come before those of the backlog."""

    def __init__(self) -> None:
        self._live: OrderedDict[UUID, None] = OrderedDict()
        self._backlog: OrderedDict[UUID, None] = OrderedDict()
        self._added = asyncio.Event()

    def __len__(self) -> int:
        return len(self._live) + len(self._backlog)

    def add(self, stream_ids: Iterable[UUID], *, is_live: bool) -> None:
        """Adds streams at the end. One that already waits keeps its place."""
        (self._live if is_live else self._backlog).update(dict.fromkeys(stream_ids))
        self.wake_up()

    def take(self, limit: int) -> dict[UUID, bool]:
        """Removes and returns up to `limit` streams. True for those that were just notified."""
        most_live = limit - min(len(self._backlog), _BACKLOG_AT_LEAST)
        live = [self._live.popitem(last=False)[0] for _ in range(min(len(self._live), most_live))]
        room = min(len(self._backlog), limit - len(live))
        backlog = [self._backlog.popitem(last=False)[0] for _ in range(room)]
        return dict.fromkeys(live, True) | dict.fromkeys(backlog, False)

    def wake_up(self) -> None:
        """Ends `wait`."""
        self._added.set()

    async def wait(self) -> None:
        """Waits until a stream is added."""
        self._added.clear()
        if not self:
            await self._added.wait()
