"""The newest events of one stream in memory, for a reader that waits for them."""

import asyncio
from collections.abc import Sequence

from app.modules.streams_module.services.frames import Frame
from app.modules.streams_module.services.hub import Feed, Gap
from app.utils.shutdown import Shutdown

_MAX_KEPT, _MAX_BYTES = 200, 1_000_000
"""Events, and bytes of them, buffered for a slow reader. Beyond that it reads the log."""


class Watcher:
    """Follows one stream and buffers its events, so that an up-to-date reader does not query the database."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._frames: list[Frame] = []
        self._bytes = 0

    def deliver(self, feed: Feed, frames: Sequence[Frame]) -> None:
        self._frames.extend(frames)
        self._bytes += sum(len(frame.wire) for frame in frames)
        if len(self._frames) > _MAX_KEPT or self._bytes > _MAX_BYTES:
            self._drop()
        self._news.set()

    def report_gap(self, feed: Feed, gap: Gap) -> None:
        self.fail(feed)

    def fail(self, feed: Feed) -> None:
        """Wakes the reader up: it reads from the log what was not delivered here."""
        self._drop()
        self._news.set()

    def _drop(self) -> None:
        self._frames.clear()
        self._bytes = 0

    def take_after(self, after: int) -> Sequence[Frame] | None:
        """Returns the next events after a number. None if they must be read from the log."""
        frames = [frame for frame in self._frames if frame.seq > after]
        self._drop()
        return frames if frames and frames[0].seq == after + 1 else None

    async def wait(self, seconds: float, shutdown: Shutdown) -> bool:
        """Returns True if events arrived within `seconds`. Returns False at once at shutdown."""
        waiting = {asyncio.ensure_future(self._news.wait()), asyncio.ensure_future(shutdown.wait())}
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        news = self._news.is_set()
        self._news.clear()
        return news
