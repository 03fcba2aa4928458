"""The bus: messages between the processes of the server. None of them is stored; the event log is the truth."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic_core import to_jsonable_python

from app.utils.isolation import call_isolated

StreamListener = Callable[[Mapping[UUID, int]], None]
SignalListener = Callable[[Mapping[str, Any]], None]
WantsStream = Callable[[int], bool]
"""Returns True if a listener asks for the heads of the stream with this id, as an integer."""
NotificationListener = Callable[[Mapping[str, Any]], None]
Kind = Literal["s", "n"]
"""Signals ("s") and notifications ("n")."""

MAX_SIGNAL = 1000
"""The largest JSON of a signal or a notification, in bytes."""


class Bus(ABC):
    """Three channels: stream heads (a stream has new events), signals (for clients), notifications (for processes).

    A message may be lost, doubled or late, so nothing that must arrive is sent only this way. Every message goes to the
    listeners of all processes, the sending one included. Listeners must not block. One that raises stops no other one.
    """

    def __init__(self) -> None:
        self.unavailable_because: Exception | None = None
        """Why this process is not connected to the others. None: it is."""
        self.round_trip: float | None = None
        """Seconds that the latest notification took to the server of the bus and back."""
        self.handled_by = ""
        """Which subscribers of this process handle the events that it commits: 4 hexadecimal digits, or none. It is
        announced with each head."""
        self._on_stream_heads: list[tuple[StreamListener, bool | None, bool | None, WantsStream | None]] = []
        self._on_signal: list[SignalListener] = []
        self._on_notification: dict[str, list[NotificationListener]] = defaultdict(list)
        self._on_reconnect: list[Callable[[], None]] = []

    def on_stream_heads(
        self,
        listener: StreamListener,
        *,
        own: bool | None = None,
        handled: bool | None = None,
        wants: WantsStream | None = None,
    ) -> None:
        """Calls `listener` with streams and their last sequence numbers.

        `own` selects the sender: True is this process alone, False the others alone, None all. `handled`: True is a
        process with the same `handled_by`, False any other one. Streams that `wants` does not accept may be left out:
        most streams concern few processes.
        """
        self._on_stream_heads.append((listener, own, handled, wants))

    def on_signal(self, listener: SignalListener) -> None:
        """Calls `listener` with each signal."""
        self._on_signal.append(listener)

    def on_notification(self, topic: str, listener: NotificationListener) -> None:
        """Calls `listener` with the data of each notification of this topic."""
        self._on_notification[topic].append(listener)

    def on_reconnect(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when the bus is connected again. Messages sent while it was down were not delivered."""
        self._on_reconnect.append(listener)

    @abstractmethod
    def notify_stream(self, stream_id: UUID, last_seq: int) -> None:
        """Announces that a stream now ends at `last_seq`. Never waits, never raises."""

    def signal(self, signal: Mapping[str, Any]) -> None:
        """Sends a message for clients, without storing it. JSON larger than MAX_SIGNAL bytes is dropped."""
        text = orjson.dumps(signal, default=to_jsonable_python)
        if len(text) <= MAX_SIGNAL:
            self._send("s", text)
            self._deliver_signal(orjson.loads(text))

    def notify(self, topic: str, data: Mapping[str, Any]) -> None:
        """Sends a message for processes, which no client sees. JSON larger than MAX_SIGNAL bytes is dropped."""
        text = orjson.dumps([topic, data])
        if len(text) <= MAX_SIGNAL:
            self._send("n", text)
            self._deliver_notification(topic, orjson.loads(text)[1])

    @abstractmethod
    def connected(self) -> AbstractAsyncContextManager[None]:
        """Keeps the bus connected for the time of the block, which is the application's lifetime."""

    @abstractmethod
    def _send(self, kind: Kind, text: bytes) -> None:
        """Sends a signal or a notification to the other processes, if the bus reaches any. Never waits, never raises.

        The text of a notification is `[topic, data]`.
        """

    def _deliver_stream_heads(self, heads: Mapping[UUID, int], *, own: bool, handled: bool) -> None:
        for listener, filter_own, filter_handled, _ in self._on_stream_heads:
            if filter_own in (None, own) and filter_handled in (None, handled):
                call_isolated(listener, heads)

    def _select(self, numbers: Sequence[int], *, handled: bool) -> Set[int]:
        """Returns those streams whose heads, announced by another process, a listener asks for."""
        selected: set[int] = set()
        for _, filter_own, filter_handled, wants in self._on_stream_heads:
            if not filter_own and filter_handled in (None, handled):
                if wants is None:
                    return set(numbers)
                selected.update(filter(wants, numbers))
        return selected

    def _deliver_signal(self, signal: Mapping[str, Any]) -> None:
        for listener in self._on_signal:
            call_isolated(listener, signal)

    def _deliver_notification(self, topic: str, data: Mapping[str, Any]) -> None:
        for listener in self._on_notification.get(topic, ()):
            call_isolated(listener, data)

    def _report_reconnect(self) -> None:
        for listener in self._on_reconnect:
            call_isolated(listener)
