"""The drivers of the bus: `MemoryBus` for one process, `PostgresBus` and `NatsBus` for several."""

from functools import partial

from app.adapters.base.bus import Bus
from app.adapters.clients.bus.memory import MemoryBus
from app.adapters.clients.bus.postgres import PostgresBus
from app.adapters.db.database import Database
from app.settings.streams_settings import BusDriver, StreamsSettings
from app.utils.tracing import NO_TRACING, Tracing

__all__ = ["MemoryBus", "PostgresBus", "make_bus"]


def make_bus(settings: StreamsSettings, database: Database, tracing: Tracing = NO_TRACING) -> Bus:
    """Returns the bus that `BUS_DRIVER` names."""
    if settings.bus_driver is BusDriver.MEMORY:
        return MemoryBus()
    if settings.bus_driver is BusDriver.NATS:
        # Only here: other servers need no client of NATS.
        from app.adapters.clients.bus.nats import NatsBus

        return NatsBus(settings.bus_servers, settings.bus_subject, tracing)
    return PostgresBus(partial(database.connect, application_name="messenger bus"), tracing)
