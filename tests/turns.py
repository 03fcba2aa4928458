"""Turns of the event loop: other tasks run while something takes long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Counts the turns of the event loop."""

    def __init__(self) -> None:
        self.count = 0

    async def keep_counting(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)


@asynccontextmanager
async def counted_turns() -> AsyncIterator[Turns]:
    """Counts the turns for the time of the block."""
    turns = Turns()
    counting = asyncio.create_task(turns.keep_counting())
    try:
        yield turns
    finally:
        counting.cancel()
