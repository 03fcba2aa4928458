"""The bus within one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from app.adapters.base.bus import Bus, Kind
from app.utils import metrics


class MemoryBus(Bus):
    """A bus for tests and for a single process. It does not reach other processes."""

    def notify_stream(self, stream_id: UUID, last_seq: int) -> None:
        self._deliver_stream_heads({stream_id: last_seq}, own=True, handled=True)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        metrics.BUS_CONNECTED.set(1)
        yield

    def _send(self, kind: Kind, text: bytes) -> None:
        pass
