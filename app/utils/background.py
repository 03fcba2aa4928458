"""Background tasks: running, cancelling, and ending them before the application ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

_LOOK_AGAIN_AFTER = 0.25
"""Seconds between two looks at what background work waits for."""
_CANCELLED_AGAIN_AFTER = 1.0
"""Seconds between two cancellations of the same task."""


async def wait_at_most(seconds: float | None, end: Awaitable[object]) -> None:
    """Returns at the end, or after this time. None: no limit."""
    # Not `wait_for`: before Python 3.12 it loses a cancellation that comes together with the end.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await end


async def cancel_and_wait(task: asyncio.Task[Any]) -> None:
    """Cancels the task repeatedly until it ends. Raises the error with which it ended, if any.

    A driver may turn a cancellation in the middle of a statement into an error of its own. A task that continues after
    errors would continue after that one, too.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_CANCELLED_AGAIN_AFTER)
    if not task.cancelled():
        task.result()


def keep_running(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    """Runs the coroutine in a task. `tasks` holds it until it ends: the event loop itself keeps no task alive."""
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


@asynccontextmanager
async def running(*coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs each coroutine in a task beside the block, and cancels all tasks together at the end of the block."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        await _together(cancel_and_wait(task) for task in tasks)


async def _together(ends: Iterable[Awaitable[object]]) -> None:
    """Waits for all of them at once. Raises the first of their errors."""
    for outcome in await asyncio.gather(*ends, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


class Background:
    """Work that uses the services of all modules. It starts after the last module and ends before the modules end."""

    def __init__(self) -> None:
        self._works: list[Callable[[], AbstractAsyncContextManager[None]]] = []

    def add(self, work: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        """Adds work. Call it while a module starts."""
        self._works.append(work)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Runs all added work for the time of the block, in which the application serves.

        Works end together, because each may wait for a database that no longer answers.
        """
        begun: list[AbstractAsyncContextManager[None]] = []
        try:
            for work in self._works:
                context = work()
                await context.__aenter__()
                begun.append(context)
            yield
        finally:
            await _together(context.__aexit__(None, None, None) for context in begun)

    @asynccontextmanager
    async def working_when(self, is_ready: Callable[[], Awaitable[bool]]) -> AsyncIterator[None]:
        """Like `working`. If `is_ready` returns False at first, the work starts later, while the application serves."""
        if await is_ready():
            async with self.working():
                yield
            return
        has_ended = asyncio.Event()
        task = asyncio.create_task(self._work_later(is_ready, has_ended))
        try:
            yield
        finally:
            has_ended.set()
            await task

    async def _work_later(self, is_ready: Callable[[], Awaitable[bool]], has_ended: asyncio.Event) -> None:
        while not has_ended.is_set():
            if await is_ready():
                async with self.working():
                    await has_ended.wait()
                return
            await wait_at_most(_LOOK_AGAIN_AFTER, has_ended.wait())
