"""An outage of the bus between two processes: events of one reach the other by its sweep."""

import asyncio
import threading
from time import sleep

from tests.bus_outage import interrupt_bus
from tests.nats_server import NatsServer
from tests.performance.live.across import across_processes
from tests.performance.live.crowd import settle
from tests.performance.live.figure import Figure, delays
from tests.performance.world import World

_SILENCE = 10.0
_TALK = 5.0
"""Seconds. One talk ends before the bus is back, the next one goes on afterwards."""
_PAUSE, _SHORT_PAUSE = 0.05, 0.01
_KILLS = 20
_DOWN, _UP = 2.5, 1.0
"""Seconds that NATS is down, and up again, per kill."""


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


def measure_nats(world: World) -> list[Figure]:
    """Measures the delay of events over NATS, and the longest one while NATS is killed again and again."""

    def kill_often() -> None:
        for _ in range(_KILLS):
            nats.kill()
            sleep(_DOWN)
            nats.start()
            sleep(_UP)

    with NatsServer(world.data) as nats:
        on_nats = {"BUS_DRIVER": "nats", "BUS_URL": nats.url}
        world.start_messenger(1, more=on_nats)
        with across_processes(world, on_nats) as talk:
            before = talk(count=300, pause=_PAUSE).since_acknowledged
            killing = threading.Thread(target=kill_often)
            killing.start()
            during = talk(count=int(_KILLS * (_DOWN + _UP) / _SHORT_PAUSE), pause=_SHORT_PAUSE).since_acknowledged
            killing.join()
    return [
        *delays("NATS: from the acknowledgement to a socket of another process", before, at_most_p50=30),
        Figure(f"NATS killed {_KILLS} times: the slowest event at a socket of another process", max(during), "s", 2),
    ]
