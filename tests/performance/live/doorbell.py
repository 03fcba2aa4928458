"""Two processes that do not hear each other for some seconds: what one writes, the other finds by its sweep."""

import asyncio
import threading

from app.adapters.db.address import DatabaseAddress
from tests.doorbell import silenced
from tests.performance.live.crowd import Crowd, settle
from tests.performance.live.figure import Figure
from tests.performance.load.websocket import Socket, send_frames
from tests.performance.servers import messenger
from tests.performance.world import API, World

_SILENCE = 10.0
_TALK = 5.0
"""Seconds. One talk is over before the bell is back, the next one goes on beyond."""
_PAUSE = 0.05


def measure(world: World) -> list[Figure]:
    """The longest way of an event: during the silence, and over its end."""
    anna, boris = world.people[:2]
    chat = world.open_chat(anna, boris)
    with messenger(world.data / "second", database=world.database) as second:
        speaker = world.socket(anna)
        listener = Socket(second.address, f"{API}/ws", {"token": boris.token})
        crowd = Crowd([listener])
        settle()
        make = send_frames(chat)
        silence = threading.Thread(target=lambda: asyncio.run(_be_silent(world.database)))
        silence.start()
        settle()
        during = crowd.talk(speaker, make, count=int(_TALK / _PAUSE), pause=_PAUSE).since_acknowledged
        over = crowd.talk(speaker, make, count=int(_TALK / _PAUSE), pause=_PAUSE).since_acknowledged
        silence.join()
        crowd.close()
        speaker.close()
        listener.close()
    return [
        Figure("the doorbell silenced: the latest event at a socket of another process", max(during), "s", 2),
        Figure("its return: the latest event", max(over), "s", 3),
    ]


async def _be_silent(database: DatabaseAddress) -> None:
    async with silenced(database):
        await asyncio.sleep(_SILENCE)
