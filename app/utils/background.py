"""Tasks that run as long as the application, or end before it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
async def running(*coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the coroutines beside the block, and ends all of them together at the block's end."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        await _together(cancel_and_wait(task) for task in tasks)


async def _together(ends: Iterable[Awaitable[object]]) -> None:
    """Waits for all of them. Raises the first of their errors."""
    for outcome in await asyncio.gather(*ends, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


class Background:
    """Work that uses the services of all modules: it begins after the last module's start and ends before they end."""

    def __init__(self) -> None:
        self._works: list[Callable[[], AbstractAsyncContextManager[None]]] = []

    def add(self, work: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        """Adds work, during the start of a module."""
        self._works.append(work)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Around the serving. Works end together: each may wait for a database that no longer answers."""
        begun: list[AbstractAsyncContextManager[None]] = []
        try:
            for work in self._works:
                context = work()
                await context.__aenter__()
                begun.append(context)
            yield
        finally:
            await _together(context.__aexit__(None, None, None) for context in begun)
