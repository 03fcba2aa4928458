"""The doorbell between processes. It carries no news, only that there is some: the log is the truth."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from app.utils.isolation import call_isolated

RingListener = Callable[[Mapping[UUID, int]], None]
SignalListener = Callable[[Mapping[str, Any]], None]

MAX_SIGNAL = 1000
"""Bytes of JSON that a signal may have."""


class Bus(ABC):
    """Rings and signals may be lost, doubled or late. Whoever listens reads the log, and looks at it now and then
    anyway; what must not be lost never goes this way.

    Listeners of all processes hear everything, those of the process that rang included. They must not block. A listener
    that raises stops no other one.
    """

    def __init__(self) -> None:
        self._on_rings: list[tuple[RingListener, bool | None]] = []
        self._on_signal: list[SignalListener] = []
        self._on_return: list[Callable[[], None]] = []

    def on_rings(self, listener: RingListener, *, own: bool | None = None) -> None:
        """Calls `listener` with streams and the numbers that they now end at: of all processes, or with `own`, of this
        one alone (True) or of the others alone (False).
        """
        self._on_rings.append((listener, own))

    def on_signal(self, listener: SignalListener) -> None:
        self._on_signal.append(listener)

    def on_return(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when the bus is back after an absence: whatever was rung meanwhile was not heard."""
        self._on_return.append(listener)

    @abstractmethod
    def ring(self, stream_id: UUID, last_seq: int) -> None:
        """Says that a stream now ends at `last_seq`. Never waits, never fails."""

    @abstractmethod
    def signal(self, signal: Mapping[str, Any]) -> None:
        """Says something that is not worth keeping, in JSON of at most MAX_SIGNAL bytes; a larger one is dropped."""

    @abstractmethod
    def connected(self) -> AbstractAsyncContextManager[None]:
        """Around the life of the application."""

    def _hear_rings(self, rings: Mapping[UUID, int], *, own: bool) -> None:
        for listener, wanted in self._on_rings:
            if wanted is None or wanted is own:
                call_isolated(listener, rings)

    def _hear_signal(self, signal: Mapping[str, Any]) -> None:
        for listener in self._on_signal:
            call_isolated(listener, signal)

    def _hear_return(self) -> None:
        for listener in self._on_return:
            call_isolated(listener)
