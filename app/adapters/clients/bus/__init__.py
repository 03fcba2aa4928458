"""The drivers of the bus: `MemoryBus` for one process, `PostgresBus` for several."""

from functools import partial

from app.adapters.base.bus import Bus
from app.adapters.clients.bus.memory import MemoryBus
from app.adapters.clients.bus.postgres import PostgresBus
from app.adapters.db.database import Database
from app.settings.streams_settings import BusDriver

__all__ = ["MemoryBus", "PostgresBus", "make_bus"]


def make_bus(driver: BusDriver, database: Database) -> Bus:
    """Returns the bus that `BUS_DRIVER` names."""
    return (
        MemoryBus()
        if driver is BusDriver.MEMORY
        else PostgresBus(partial(database.connect, application_name="messenger bus"))
    )
