"""A device that was away for a week comes back to 1,500 chats, beside a hundred sockets that talk."""

import asyncio
import threading
from time import perf_counter

from tests.performance import fill
from tests.performance.live.crowd import Crowd, settle
from tests.performance.live.figure import Figure, delays
from tests.performance.load.websocket import Socket, send_frames
from tests.performance.outcome import percentile
from tests.performance.world import API, World

_CHATS, _MISSED = 1_500, 20_000
_PEOPLE, _DEVICES = 10, 10
_MESSAGES = 200
_PAUSE = 0.03


def measure(world: World) -> list[Figure]:
    away = world.sign_up()
    asyncio.run(fill.fill_chats(world.database, away.id, _CHATS))
    missed = asyncio.run(fill.fill_events(world.database, away.id, _MISSED))
    people = [world.sign_up() for _ in range(_PEOPLE)]
    chat = world.open_chat(*people)
    crowd = Crowd([world.socket(person) for person in people for _ in range(_DEVICES)])
    speaker = world.socket(people[0])
    settle()
    make = send_frames(chat)
    crowd.talk(speaker, make, count=_MESSAGES // 4, pause=_PAUSE)
    alone = crowd.talk(speaker, make, count=_MESSAGES, pause=_PAUSE).since_sent
    took: list[float] = []
    cursors = dict.fromkeys(missed, 1)
    returning = threading.Thread(
        target=lambda: took.append(_come_back(world, away.token, cursors, sum(missed.values())))
    )
    returning.start()
    beside = crowd.talk(speaker, make, count=_MESSAGES, pause=_PAUSE).since_sent
    returning.join()
    crowd.close()
    speaker.close()
    more = percentile(sorted(beside), 0.99) - percentile(sorted(alone), 0.99)
    return [
        Figure(f"{_MISSED:,} missed events of {_CHATS:,} chats on one socket", took[0], "s"),
        *delays("100 sockets before it comes back", alone),
        *delays("100 sockets while it catches up", beside),
        Figure("what catching up adds to the others' p99", more * 1000, "ms"),
    ]


def _come_back(world: World, token: str, cursors: dict[str, int], events: int) -> float:
    """Seconds until all of it is there."""
    began = perf_counter()
    socket = Socket(world.messenger.address, f"{API}/ws", {"token": token, "cursors": cursors})
    came = 0
    while came < events:
        came += socket.next().startswith(b'{"event"')
    socket.close()
    return perf_counter() - began
