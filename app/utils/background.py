"""Tasks that run as long as the application, or end before it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

_CANCELLED_AGAIN_AFTER = 1.0
"""Seconds."""


async def cancel_and_wait(task: asyncio.Task[Any]) -> None:
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
        await cancel_and_wait(task)


class Background:
    """Work that uses the services of all modules: it begins after the last module's start and ends before they end."""

    def __init__(self) -> None:
        self._works: list[Callable[[], AbstractAsyncContextManager[None]]] = []

    def add(self, work: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        """Adds work, during the start of a module."""
        self._works.append(work)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Around the serving."""
        async with AsyncExitStack() as stack:
            for work in self._works:
                await stack.enter_async_context(work())
            yield
