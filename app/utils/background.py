"""Tasks that run as long as the application, or end before it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

_CANCELLED_AGAIN_AFTER = 1.0
"""Seconds."""


async def end(task: asyncio.Task[None]) -> None:
    """Cancels it, again and again until it ends: drivers turn a cancellation that comes in the middle of a statement
    into an error of theirs, and work that goes on after errors would go on after that one.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_CANCELLED_AGAIN_AFTER)
    if not task.cancelled():
        task.result()


@asynccontextmanager
async def running(coroutine: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the coroutine beside the block, and ends it at the block's end."""
    task = asyncio.create_task(coroutine)
    try:
        yield
    finally:
        await end(task)
