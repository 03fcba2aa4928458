"""What processes say to each other. Nothing of it is kept: the event log is the truth."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from app.utils.isolation import call_isolated

StreamListener = Callable[[Mapping[UUID, int]], None]
SignalListener = Callable[[Mapping[str, Any]], None]
NotificationListener = Callable[[Mapping[str, Any]], None]

MAX_SIGNAL = 1000
"""Bytes of JSON that a signal or a notification may have."""


class Bus(ABC):
    """Three channels: rings (a stream has news), signals (for clients) and notifications (for processes alone).

    All of them may be lost, doubled or late: what must not be lost never goes this way. Listeners of all processes hear
    everything, those of the sending process included. They must not block. A listener that raises stops no other one.
    """

    def __init__(self) -> None:
        self._on_stream_heads: list[tuple[StreamListener, bool | None]] = []
        self._on_signal: list[SignalListener] = []
        self._on_notification: dict[str, list[NotificationListener]] = defaultdict(list)
        self._on_reconnect: list[Callable[[], None]] = []

    def on_stream_heads(self, listener: StreamListener, *, own: bool | None = None) -> None:
        """Calls `listener` with streams and the numbers that they now end at: of all processes, or with `own`, of this
        one alone (True) or of the others alone (False).
        """
        self._on_stream_heads.append((listener, own))

    def on_signal(self, listener: SignalListener) -> None:
        """Calls `listener` with each signal."""
        self._on_signal.append(listener)

    def on_notification(self, topic: str, listener: NotificationListener) -> None:
        """Calls `listener` with the data of each notification of this topic."""
        self._on_notification[topic].append(listener)

    def on_reconnect(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when the bus is back after an absence: whatever was rung meanwhile was not heard."""
        self._on_reconnect.append(listener)

    @abstractmethod
    def notify_stream(self, stream_id: UUID, last_seq: int) -> None:
        """Says that a stream now ends at `last_seq`. Never waits, never fails."""

    @abstractmethod
    def signal(self, signal: Mapping[str, Any]) -> None:
        """Sends something to clients that is not kept, in JSON of at most MAX_SIGNAL bytes; a larger one is dropped."""

    @abstractmethod
    def notify(self, topic: str, data: Mapping[str, Any]) -> None:
        """Sends something to the other processes, which no client ever sees; the same bound of size."""

    @abstractmethod
    def connected(self) -> AbstractAsyncContextManager[None]:
        """Around the life of the application."""

    def _deliver_stream_heads(self, heads: Mapping[UUID, int], *, own: bool) -> None:
        for listener, filter_own in self._on_stream_heads:
            if filter_own is None or filter_own is own:
                call_isolated(listener, heads)

    def _deliver_signal(self, signal: Mapping[str, Any]) -> None:
        for listener in self._on_signal:
            call_isolated(listener, signal)

    def _deliver_notification(self, topic: str, data: Mapping[str, Any]) -> None:
        for listener in self._on_notification.get(topic, ()):
            call_isolated(listener, data)

    def _report_reconnect(self) -> None:
        for listener in self._on_reconnect:
            call_isolated(listener)
