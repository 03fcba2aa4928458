"""Buses as processes have them, over each of the servers that connect them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from app.adapters.base.bus import Bus
from app.adapters.clients.bus import PostgresBus, make_bus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.settings.streams_settings import BusDriver, StreamsSettings
from tests.fakers import eventually
from tests.nats_server import NatsServer
from tests.wire import Wire


def streams_settings(driver: BusDriver, *servers: str, subject: str = "messenger") -> StreamsSettings:
    return StreamsSettings().model_copy(
        update={"bus_driver": driver, "bus_url": SecretStr(",".join(servers)) if servers else None}
        | {"bus_subject": subject}
    )


class BusRecorder:
    """Records everything that one bus delivers."""

    def __init__(self, bus: Bus) -> None:
        self.heads: dict[UUID, int] = {}
        self.calls = 0
        self.signals: list[dict[str, Any]] = []
        self.notifications: list[dict[str, Any]] = []
        self.returns = 0
        bus.on_stream_heads(self._deliver_stream_heads)
        bus.on_signal(lambda signal: self.signals.append(dict(signal)))
        bus.on_notification("session.ended", lambda data: self.notifications.append(dict(data)))
        bus.on_reconnect(self._report_reconnect)

    async def until(self, condition: Callable[[], bool]) -> None:
        async def is_satisfied() -> bool:
            return condition()

        await eventually(is_satisfied)

    def _deliver_stream_heads(self, heads: Any) -> None:
        self.calls += 1
        self.heads |= heads

    def _report_reconnect(self) -> None:
        self.returns += 1


@dataclass(frozen=True)
class BusServer:
    """A server that connects processes: where it listens, and how a bus through `host` and `port` is made."""

    host: str
    port: int
    make: Callable[[str, int], Bus]

    def bus(self, wire: Wire | None = None) -> Bus:
        """Returns a new bus, as a process has it."""
        return self.make("127.0.0.1", wire.port) if wire else self.make(self.host, self.port)


def over_postgres(address: DatabaseAddress) -> BusServer:
    def make(host: str, port: int) -> Bus:
        database = Database(replace(address, host=host, port=port))
        return PostgresBus(partial(database.connect, application_name="messenger bus"))

    return BusServer(address.host, address.port, make)


def over_nats(server: NatsServer) -> BusServer:
    """No other test is on the same subject."""
    subject = f"test.{uuid4().hex}"

    def make(host: str, port: int) -> Bus:
        settings = streams_settings(BusDriver.NATS, f"nats://{host}:{port}", subject=subject)
        return make_bus(settings, None)  # type: ignore[arg-type]

    return BusServer("127.0.0.1", server.port, make)


@asynccontextmanager
async def connected(bus: Bus) -> AsyncIterator[tuple[Bus, BusRecorder]]:
    """Keeps the bus connected. Begins when it is connected to the others."""
    recorder = BusRecorder(bus)
    async with bus.connected():
        await recorder.until(lambda: bus.unavailable_because is None)
        yield bus, recorder


@asynccontextmanager
async def processes(*buses: Bus) -> AsyncIterator[Sequence[tuple[Bus, BusRecorder]]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(connected(bus)) for bus in buses]
