"""The buffer between the log and its outputs: a log line costs its formatting, not a write to each output."""

import logging
from collections import deque
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from loguru import Message

_PERIOD = 0.1
"""Seconds after which a line is written at the latest. What a SIGKILL may lose."""
_MAX_LINES = 1_000
"""Lines that may wait. After that each line waits for the end of a write: a slow reader of the log loses none."""
_LONGEST_WAIT = 1.0
"""Seconds that a line waits for the end of a write. The thread that writes may itself log an error, which the garbage
collector finds in a lost task. It would wait for itself, or for a thread that has loguru's lock and waits for it."""


class _Output(Protocol):
    def write(self, text: str, /) -> object: ...


class LogBuffer:
    """A sink of loguru that writes to its outputs, in the order of the outputs.

    A thread writes the lines. A warning or error is written at once, with all lines before it, and so is everything at
    the end of the process.
    """

    def __init__(self, *outputs: _Output) -> None:
        self._outputs = outputs
        self._lines: deque[str] = deque()
        self._writing = Lock()
        self._is_waiting = Event()
        self._has_ended = Event()
        self._thread = Thread(target=self._keep_writing, name="log", daemon=True)
        self._thread.start()

    def write(self, line: "Message") -> None:
        """Adds a line of loguru."""
        self.add(line, is_urgent=line.record["level"].no >= logging.WARNING)

    def add(self, line: str, *, is_urgent: bool = False) -> None:
        """Adds a line, and writes all of them at once if it is urgent."""
        self._lines.append(line)
        if is_urgent or len(self._lines) >= _MAX_LINES:
            self._write_all()
        elif not self._is_waiting.is_set():
            self._is_waiting.set()

    def stop(self) -> None:
        """Writes the lines that wait, and ends the thread. Loguru calls it at the end of the process."""
        self._has_ended.set()
        self._is_waiting.set()
        self._thread.join()
        for output in self._outputs:
            if stop := getattr(output, "stop", None):
                stop()

    def _keep_writing(self) -> None:
        while not self._has_ended.is_set():
            self._is_waiting.wait()
            self._has_ended.wait(_PERIOD)
            self._is_waiting.clear()
            self._write_all()

    def _write_all(self) -> None:
        """Writes all lines. If another write does not end in time, it takes them, too."""
        if not self._writing.acquire(timeout=_LONGEST_WAIT):
            return
        try:
            while self._lines:
                text = "".join([self._lines.popleft() for _ in range(len(self._lines))])
                for output in self._outputs:
                    # Standard error may be closed or full. The file reports its errors itself.
                    with suppress(OSError, ValueError):
                        output.write(text)
                        if flush := getattr(output, "flush", None):
                            flush()
        finally:
            self._writing.release()
