"""The bus over LISTEN and NOTIFY, on one connection per process.

NOTIFY holds a lock of the whole cluster until after the fsync. So it is never called inside the transaction whose
events it announces: it has its own transaction after the commit, and many messages share one NOTIFY.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import orjson
from loguru import logger

from app.adapters.base.bus import MAX_SIGNAL, Bus
from app.utils import metrics
from app.utils.background import running

_CHANNEL = "messenger"
_COLLECT_SECONDS = 0.005
"""Seconds that messages are collected before they are sent together."""
_HEADS_IN_ONE = 150
"""A payload has at most 8,000 bytes; a stream head takes up to 53."""
_SIGNALS_IN_ONE = 7
_MAX_WAITING = 50_000
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two attempts to connect: the first pause, and the limit up to which it doubles."""
_TEST_AFTER = 5.0
"""Seconds without a message after which the connection is tested, and the timeout of that test."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class PostgresBus(Bus):
    """Delivers to its own process at once, and to the others through the database. Reconnects by itself."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]]) -> None:
        super().__init__()
        self._connect = connect
        # Identifies this process' messages when they come back: they have been delivered here already.
        self._origin = uuid4().hex[:12]
        self._heads: dict[UUID, int] = {}
        self._signals: list[bytes] = []
        self._notifications: list[bytes] = []
        self._wake_up = asyncio.Event()
        self._sent_at = 0.0

    def notify_stream(self, stream_id: UUID, last_seq: int) -> None:
        if len(self._heads) < _MAX_WAITING:
            self._heads[stream_id] = max(last_seq, self._heads.get(stream_id, 0))
            self._wake_up.set()
        self._deliver_stream_heads({stream_id: last_seq}, own=True)

    def signal(self, signal: Mapping[str, Any]) -> None:
        text = orjson.dumps(signal, default=str)
        if len(text) > MAX_SIGNAL:
            return
        if len(self._signals) < _MAX_WAITING:
            self._signals.append(text)
            self._wake_up.set()
        self._deliver_signal(orjson.loads(text))

    def notify(self, topic: str, data: Mapping[str, Any]) -> None:
        text = orjson.dumps([topic, data])
        if len(text) > MAX_SIGNAL:
            return
        if len(self._notifications) < _MAX_WAITING:
            self._notifications.append(text)
            self._wake_up.set()
        self._deliver_notification(topic, orjson.loads(text)[1])

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        async with running(self._keep_connected()):
            yield

    async def _keep_connected(self) -> None:
        """Connects, listens and sends; connects again when the connection is lost. Runs until it is cancelled."""
        pause, was_down = _SHORTEST_PAUSE, False
        while True:
            connected_at = None
            try:
                connection = await self._connect()
                try:
                    await connection.add_listener(_CHANNEL, self._on_notify)
                    connected_at = monotonic()
                    # Also the first time: messages sent between the start and now were not received.
                    self._report_reconnect()
                    metrics.BUS_CONNECTED.set(1)
                    if was_down:
                        logger.info("the bus is connected again")
                    was_down = False
                    await self._send_pending(connection)
                finally:
                    metrics.BUS_CONNECTED.set(0)
                    with suppress(Exception):
                        connection.terminate()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt must come
                if not was_down:
                    logger.warning("the bus is unavailable: {!r}", error)
                was_down = True
            if connected_at is not None and monotonic() - connected_at > _LONGEST_PAUSE:
                pause = _SHORTEST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _send_pending(self, connection: Connection) -> None:
        """Sends collected messages until the connection is lost. Raises ConnectionError."""
        lost = False

        def on_lost(_: object) -> None:
            nonlocal lost
            lost = True
            self._wake_up.set()

        connection.add_termination_listener(on_lost)
        while not (lost or connection.is_closed()):
            try:
                async with asyncio.timeout(_TEST_AFTER):
                    await self._wake_up.wait()
            except TimeoutError:
                # The server may have vanished without closing the connection: then this gets no answer.
                await connection.execute("SELECT 1", timeout=_TEST_AFTER)
                continue
            await asyncio.sleep(_COLLECT_SECONDS)
            self._wake_up.clear()
            for payload in self._take():
                self._sent_at = monotonic()
                await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, payload)
        raise ConnectionError("the server ended the connection")

    def _take(self) -> list[str]:
        """Takes all pending messages and returns them as payloads, as few as they fit in."""
        heads, self._heads = list(self._heads.items()), {}
        texts = {"s": self._signals, "n": self._notifications}
        self._signals, self._notifications = [], []
        payloads = []
        for first in range(0, len(heads), _HEADS_IN_ONE):
            part = heads[first : first + _HEADS_IN_ONE]
            payloads.append(f"{self._origin}r" + ",".join(f"{stream_id.hex}{seq:x}" for stream_id, seq in part))
        for kind, waiting in texts.items():
            for first in range(0, len(waiting), _SIGNALS_IN_ONE):
                payloads.append(f"{self._origin}{kind}[{b','.join(waiting[first : first + _SIGNALS_IN_ONE]).decode()}]")
        return payloads

    def _on_notify(self, connection: object, pid: int, channel: str, payload: object) -> None:
        text = str(payload)
        origin, kind, content = text[:12], text[12:13], text[13:]
        if origin == self._origin:
            metrics.BUS_LAG.set(monotonic() - self._sent_at)
            return
        if kind == "r":
            self._deliver_stream_heads({UUID(head[:32]): int(head[32:], 16) for head in content.split(",")}, own=False)
        elif kind == "s":
            for signal in orjson.loads(content):
                self._deliver_signal(signal)
        elif kind == "n":
            for topic, data in orjson.loads(content):
                self._deliver_notification(topic, data)
