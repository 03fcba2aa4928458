"""The bus within one process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson

from app.adapters.base.bus import MAX_SIGNAL, Bus
from app.utils import metrics


class MemoryBus(Bus):
    """A bus for tests and for a single process. It does not reach other processes."""

    def notify_stream(self, stream_id: UUID, last_seq: int) -> None:
        self._deliver_stream_heads({stream_id: last_seq}, own=True, handled=True)

    def signal(self, signal: Mapping[str, Any]) -> None:
        text = orjson.dumps(signal, default=str)
        if len(text) <= MAX_SIGNAL:
            self._deliver_signal(orjson.loads(text))

    def notify(self, topic: str, data: Mapping[str, Any]) -> None:
        text = orjson.dumps([topic, data])
        if len(text) <= MAX_SIGNAL:
            self._deliver_notification(topic, orjson.loads(text)[1])

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        metrics.BUS_CONNECTED.set(1)
        yield
