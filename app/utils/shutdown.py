"""Knowing early that the server is about to stop.

The lifespan ends only after the last request, so a request that waits for something has to hear it before.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Shutdown:
    """Set once the process was told to stop."""

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
        """Listens in front of the server's own signal handlers, inside the running loop; then they go on."""
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
