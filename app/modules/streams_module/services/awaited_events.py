"""Events that are announced, and that another process of this machine probably gives before they must be read."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.modules.streams_module.services.hub import Feed

GRACE = 0.03
"""Seconds for which they are awaited. A notification may overtake the events themselves while the processor is busy."""


class AwaitedEvents:
    """Feeds whose next events may still come by themselves. After the grace those that lack some are read."""

    def __init__(self, read: Callable[["Feed"], None]) -> None:
        self._read = read
        # With the heads that were announced.
        self._heads: dict[Feed, int] = {}

    def add(self, feed: "Feed") -> None:
        """Awaits the events up to the feed's head."""
        if not self._heads:
            asyncio.get_running_loop().call_later(GRACE, self._end_grace)
        self._heads.setdefault(feed, feed.head)

    def _end_grace(self) -> None:
        heads, self._heads = self._heads, {}
        for feed, head in heads.items():
            if not feed.followers or feed.last_seq is None or feed.last_seq >= feed.head:
                continue
            if feed.last_seq < head:
                # They were no messages, or this process was too slow for them.
                feed.is_given = False
                self._read(feed)
            else:
                self.add(feed)
