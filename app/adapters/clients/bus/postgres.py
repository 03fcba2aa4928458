"""The bus over LISTEN and NOTIFY, on one connection per process.

NOTIFY holds a lock of the whole cluster until after the fsync. So it is never called inside the transaction whose
events it announces: it has its own transaction after the commit, and many messages share one NOTIFY.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic

from app.adapters.clients.bus.remote import BusConnection, RemoteBus
from app.adapters.db.connection import Connection
from app.utils.tracing import NO_TRACING, Tracing

_CHANNEL = "messenger"


class PostgresBus(RemoteBus):
    """A bus through the database that the processes share."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], tracing: Tracing = NO_TRACING) -> None:
        super().__init__(tracing)
        self._connect = connect

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[BusConnection]:
        connection = await self._connect()
        opened = _Connection(connection)

        def on_lost(_: object) -> None:
            self._lose(ConnectionError("the server ended the connection"))

        def on_notify(connection: object, pid: int, channel: str, payload: object) -> None:
            if not self._receive(str(payload)):
                self._note_round_trip(monotonic() - opened.sent_at)

        try:
            connection.add_termination_listener(on_lost)
            await connection.add_listener(_CHANNEL, on_notify)
            yield opened
        finally:
            connection.remove_termination_listener(on_lost)
            with suppress(Exception):
                connection.terminate()


class _Connection:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.sent_at = 0.0

    async def send(self, payloads: Sequence[str]) -> None:
        for payload in payloads:
            self.sent_at = monotonic()
            await self._connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, payload)

    async def test(self, seconds: float) -> None:
        await self._connection.execute("SELECT 1", timeout=seconds)
