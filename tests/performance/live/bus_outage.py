"""An outage of the bus between two processes: events of one reach the other by its sweep."""

import asyncio
import threading

from tests.bus_outage import interrupt_bus
from tests.performance.live.across import across_processes
from tests.performance.live.crowd import settle
from tests.performance.live.figure import Figure
from tests.performance.world import World

_SILENCE = 10.0
_TALK = 5.0
"""Seconds. One talk ends before the bus is back, the next one goes on afterwards."""
_PAUSE = 0.05


def measure(world: World) -> list[Figure]:
    """Measures the longest delay of an event: during the outage, and across its end."""
    with across_processes(world) as talk:
        silent = threading.Thread(target=lambda: asyncio.run(interrupt_bus(world.database, _SILENCE)))
        silent.start()
        settle()
        during, over = [talk(count=int(_TALK / _PAUSE), pause=_PAUSE).since_acknowledged for _ in range(2)]
        silent.join()
    return [
        Figure("bus silenced: the slowest event at a socket of another process", max(during), "s", 2),
        Figure("bus restored: the slowest event", max(over), "s", 3),
    ]
