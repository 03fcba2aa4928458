"""What all buses have in common that connect processes through a server: they collect, merge, send and reconnect."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import monotonic
from typing import Protocol
from uuid import UUID, uuid4

import orjson
from loguru import logger

from app.adapters.base.bus import Bus, Kind
from app.utils import metrics
from app.utils.background import running, wait_at_most
from app.utils.tracing import NO_TRACING, SpanDetails, Tracing

MAX_PAYLOAD = 8_000
"""The largest payload in bytes, which is the limit of NOTIFY."""
_TEST_AFTER = 5.0
"""Seconds without a message after which the connection is tested, and the timeout of that test."""
_COLLECT_SECONDS = 0.005
"""Seconds that messages are collected before they are sent together."""
_PERIOD = 0.02
"""Minimum seconds from one sending to the next: each wakes all processes up, and a backend of PostgreSQL for each."""
_HEADS, _HANDLED = "r", "h"
"""Kinds of payloads: heads of a process without subscribers, and of one that handles its own events."""
_UNHANDLED = "0000"
"""In place of `handled_by`. A payload begins with these 4 digits and the 8 of its origin, which older processes read as
an origin of 12."""
_HEADS_IN_ONE = 150
"""A stream head takes up to 53 bytes of a payload."""
_SIGNALS_IN_ONE = 7
_MAX_WAITING = 50_000
_LAST_SENDING = 0.5
"""Seconds that the end of a process waits until its last messages are sent."""
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two attempts to connect: the first pause, and the limit up to which it doubles."""


class BusConnection(Protocol):
    """An open connection to the server of the bus. Both methods raise if it is lost."""

    async def send(self, payloads: Sequence[str]) -> None:
        """Sends the payloads to all other processes, in their order."""

    async def test(self, seconds: float) -> None:
        """Waits for an answer of the server, which may have vanished without closing the connection."""


class RemoteBus(Bus):
    """Delivers to its own process at once, and to the others through a server. Reconnects by itself."""

    def __init__(self, tracing: Tracing = NO_TRACING) -> None:
        super().__init__()
        self._tracing = tracing
        self.unavailable_because = ConnectionError("not connected yet")
        # Identifies this process' messages if they come back: they have been delivered here already.
        self._origin = uuid4().hex[:8]
        self._heads: dict[UUID, int] = {}
        self._texts: dict[Kind, list[bytes]] = {"s": [], "n": []}
        self._wake_up = asyncio.Event()
        self._is_sent = asyncio.Event()
        self._is_sent.set()
        self._lost: Exception | None = None

    def notify_stream(self, stream_id: UUID, last_seq: int) -> None:
        if len(self._heads) < _MAX_WAITING:
            self._heads[stream_id] = max(last_seq, self._heads.get(stream_id, 0))
            self._note_pending()
        self._deliver_stream_heads({stream_id: last_seq}, own=True, handled=True)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        async with running(self._keep_connected()):
            yield
            await wait_at_most(_LAST_SENDING, self._is_sent.wait())

    @abstractmethod
    def _open(self) -> AbstractAsyncContextManager[BusConnection]:
        """Connects to the server for the time of the block, and listens from its beginning on."""

    def _send(self, kind: Kind, text: bytes) -> None:
        if len(self._texts[kind]) < _MAX_WAITING:
            self._texts[kind].append(text)
            self._note_pending()

    def _note_pending(self) -> None:
        self._wake_up.set()
        self._is_sent.clear()

    def _lose(self, error: Exception) -> None:
        """Ends the present connection: the server closed it, or messages were lost. A new one is opened."""
        self._lost = self._lost or error
        self._wake_up.set()

    async def _keep_connected(self) -> None:
        """Connects, listens and sends; connects again when the connection is lost. Runs until it is cancelled."""
        pause, was_down = _SHORTEST_PAUSE, False
        while True:
            connected_at = None
            self._lost = None
            try:
                async with self._open() as connection:
                    connected_at = monotonic()
                    # Also the first time: messages sent between the start and now were not received.
                    self._report_reconnect()
                    self.unavailable_because = None
                    metrics.BUS_CONNECTED.set(1)
                    if was_down:
                        logger.info("the bus is connected again")
                    was_down = False
                    try:
                        await self._send_pending(connection)
                    finally:
                        metrics.BUS_CONNECTED.set(0)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt must come
                self.unavailable_because = error
                if not was_down:
                    logger.warning("the bus is unavailable: {!r}", error)
                was_down = True
            if connected_at is not None and monotonic() - connected_at > _LONGEST_PAUSE:
                pause = _SHORTEST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _send_pending(self, connection: BusConnection) -> None:
        """Sends collected messages until the connection is lost. Raises the reason."""
        send = self._tracing.traced("bus send", connection.send, _span_details, is_root=True)
        due = 0.0
        while self._lost is None:
            try:
                async with asyncio.timeout(_TEST_AFTER):
                    await self._wake_up.wait()
            except TimeoutError:
                await connection.test(_TEST_AFTER)
                continue
            await asyncio.sleep(max(_COLLECT_SECONDS, due - monotonic()))
            if self._lost is not None:
                break
            self._wake_up.clear()
            heads, notifications = self._heads, self._texts["n"]
            if payloads := self._take():
                due = monotonic() + _PERIOD
                try:
                    await send(payloads)
                except BaseException:
                    # The other processes do not know that they missed them, and to get them twice is harmless.
                    self._texts["n"][:0] = notifications
                    for stream_id, last_seq in heads.items():
                        self._heads[stream_id] = max(last_seq, self._heads.get(stream_id, 0))
                    self._wake_up.set()
                    raise
            if not self._wake_up.is_set():
                self._is_sent.set()
        raise self._lost

    def _take(self) -> list[str]:
        """Takes all pending messages and returns them as payloads, as few as they fit in."""
        heads, self._heads = list(self._heads.items()), {}
        texts, self._texts = self._texts, {"s": [], "n": []}
        payloads = []
        origin = f"{self.handled_by or _UNHANDLED}{self._origin}"
        head = _HANDLED if self.handled_by else _HEADS
        for first in range(0, len(heads), _HEADS_IN_ONE):
            part = heads[first : first + _HEADS_IN_ONE]
            payloads.append(f"{origin}{head}" + ",".join(f"{stream_id.hex}{seq:x}" for stream_id, seq in part))
        for kind, waiting in texts.items():
            for first in range(0, len(waiting), _SIGNALS_IN_ONE):
                payloads.append(f"{origin}{kind}[{b','.join(waiting[first : first + _SIGNALS_IN_ONE]).decode()}]")
        return payloads

    def _receive(self, payload: str) -> bool:
        """Delivers what a payload contains. Returns False if this process has sent it."""
        handled_by, origin, kind, content = payload[:4], payload[4:12], payload[12:13], payload[13:]
        if origin == self._origin:
            return False
        if kind in (_HEADS, _HANDLED):
            self._receive_heads(content.split(","), handled=kind == _HANDLED and handled_by == self.handled_by)
        elif kind == "s":
            for signal in orjson.loads(content):
                self._deliver_signal(signal)
        elif kind == "n":
            for topic, data in orjson.loads(content):
                self._deliver_notification(topic, data)
        return True

    def _receive_heads(self, heads: Sequence[str], *, handled: bool) -> None:
        """Delivers the heads that a listener asks for. To read the others would be most of the cost."""
        numbers = [int(head[:32], 16) for head in heads]
        if selected := self._select(numbers, handled=handled):
            found = zip(numbers, heads, strict=True)
            chosen = {UUID(int=number): int(head[32:], 16) for number, head in found if number in selected}
            self._deliver_stream_heads(chosen, own=False, handled=handled)

    def _note_round_trip(self, seconds: float) -> None:
        self.round_trip = seconds
        metrics.BUS_LAG.set(seconds)


def _span_details(payloads: Sequence[str]) -> SpanDetails:
    return SpanDetails({"messages": len(payloads), "bytes": sum(map(len, payloads))})
