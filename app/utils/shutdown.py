"""The early signal that the server shuts down.

The lifespan ends only after the last request, so a request that waits for something needs the signal before.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Shutdown:
    """An event that is set when the process receives a signal to stop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()

    @contextmanager
    def watching_signals(self) -> Iterator[None]:
        """Handles signals before the server's own handlers, which then run as well. Call it inside the running loop."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def handle_signal(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.set)
            handler = before[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)
            elif handler is signal.SIG_DFL:
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)

        for number in before:
            signal.signal(number, handle_signal)
        try:
            yield
        finally:
            for number, handler in before.items():
                if signal.getsignal(number) is handle_signal:
                    signal.signal(number, handler)
