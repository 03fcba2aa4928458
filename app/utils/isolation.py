"""Isolated calls of registered callbacks: an error of one reaches neither the caller nor the next callback."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from loguru import logger

from app.utils import metrics


def call_isolated(callback: Callable[..., object], *args: object) -> bool:
    """Calls `callback`. Returns False if it raised an error, which is logged and counted under the callback's name."""
    try:
        callback(*args)
    except Exception as error:  # noqa: BLE001 - the caller's work goes on, whatever a callback does
        report_failure(callback, error)
        return False
    return True


@contextmanager
def surviving_cancellation() -> Iterator[None]:
    """Turns a cancellation of what a callback waits for into an ordinary error. It would end the task that calls it."""
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise RuntimeError("what the callback waited for was cancelled") from error


def report_failure(callback: object, error: Exception) -> None:
    """Logs and counts an error under the name of the callback that raised it."""
    owner = owner_of(callback)
    metrics.CALLBACK_ERRORS.labels(owner).inc()
    logger.opt(exception=error).error("{} failed", owner)


def owner_of(callback: object) -> str:
    """Returns the module and the qualified name of a function, a method, or an object's class."""
    while isinstance(callback, partial):
        callback = callback.func
    name = getattr(callback, "__qualname__", None)
    if name is None:
        callback = type(callback)
        name = callback.__qualname__
    return f"{getattr(callback, '__module__', '?')}.{name}"
