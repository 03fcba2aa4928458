"""Users on sockets, and the times at which each received each event."""

import json
import selectors
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter, sleep

from tests.performance.load.http import LoadError
from tests.performance.load.websocket import MakeFrame, Socket

_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Talk:
    """Seconds until each message was at each listener, 0 if the event came before the acknowledgement."""

    since_sent: list[float]
    since_acknowledged: list[float]


class Crowd:
    """Listeners of one chat. Messages are numbered in the order of their sending on one socket."""

    def __init__(self, listeners: Sequence[Socket]) -> None:
        self._selector = selectors.DefaultSelector()
        self._got: dict[Socket, int] = {}
        for listener in listeners:
            self._selector.register(listener.socket, selectors.EVENT_READ, listener)
            self._got[listener] = 0

    def leave_out(self, listeners: Iterable[Socket]) -> None:
        """Makes these listeners stop reading."""
        for listener in listeners:
            self._selector.unregister(listener.socket)
            del self._got[listener]

    def close(self) -> None:
        self._selector.close()

    def talk(self, speaker: Socket, make: MakeFrame, *, count: int, pause: float) -> "Talk":
        """Sends `count` messages, one each `pause` seconds. Waits until all are acknowledged and delivered."""
        sent_at: list[float] = []
        acknowledged: list[float] = []
        arrivals: list[tuple[int, float]] = []
        for listener in self._got:
            self._got[listener] = 0
        self._selector.register(speaker.socket, selectors.EVENT_READ, None)
        began = perf_counter()
        deadline = began + count * pause + _TIMEOUT
        while len(acknowledged) < count or any(got < count for got in self._got.values()):
            now = perf_counter()
            if now > deadline:
                raise LoadError(f"{len(acknowledged)} of {count} were acknowledged, {len(arrivals)} events came")
            if len(sent_at) < count and now >= began + len(sent_at) * pause:
                sent_at.append(now)
                speaker.socket.sendall(make())
            due = began + len(sent_at) * pause if len(sent_at) < count else deadline
            for key, _ in self._selector.select(max(due - perf_counter(), 0)):
                self._receive(key.data, speaker, acknowledged, arrivals)
        self._selector.unregister(speaker.socket)
        return Talk(
            [at - sent_at[number] for number, at in arrivals],
            [max(at - acknowledged[number], 0) for number, at in arrivals],
        )

    def _receive(
        self, listener: Socket | None, speaker: Socket, acknowledged: list[float], arrivals: list[tuple[int, float]]
    ) -> None:
        for frame in (listener or speaker).receive():
            if listener is None:
                if frame.startswith(b'{"reply_to"'):
                    if json.loads(frame)["status"] != "ok":
                        raise LoadError(frame.decode())
                    acknowledged.append(perf_counter())
            elif b'"kind":"message.created"' in frame[:160]:
                arrivals.append((self._got[listener], perf_counter()))
                self._got[listener] += 1


def settle() -> None:
    """Waits until the server has finished the work that new connections cause."""
    sleep(2)
