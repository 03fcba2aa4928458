"""How many connections to PostgreSQL a process opens at most."""

from app.settings import Settings
from app.settings.streams_settings import BusDriver

BACKGROUND_POOL_SIZE = 4
BACKGROUND_SESSION_POOL_SIZE = 6
_BESIDE_THE_POOLS = 2
"""The bus, unless it is NATS, and the task that tries to reconnect."""


def connections_of_process(settings: Settings) -> int:
    """Returns the number for each process that serves."""
    count = settings.db.pool_size + settings.db.session_pool_size + _BESIDE_THE_POOLS
    if settings.streams.bus_driver is BusDriver.NATS:
        count -= 1
    if settings.app.background:
        count += BACKGROUND_POOL_SIZE + BACKGROUND_SESSION_POOL_SIZE
    return count
