"""A device that was offline for a week resumes in 1,500 chats, beside a hundred active sockets."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from time import perf_counter

from tests.performance import fill
from tests.performance.live.crowd import Crowd, settle
from tests.performance.live.figure import Figure, delays
from tests.performance.load.http import Address
from tests.performance.load.websocket import Socket, send_frames
from tests.performance.outcome import percentile
from tests.performance.world import API, World

_CHATS, _MISSED = 1_500, 20_000
_USERS, _DEVICES = 10, 10
_MESSAGES = 200
_PAUSE = 0.03


def measure(world: World) -> list[Figure]:
    user = world.sign_up()
    asyncio.run(fill.fill_chats(world.database, user.id, _CHATS))
    missed = asyncio.run(fill.fill_events(world.database, user.id, _MISSED))
    users = [world.sign_up() for _ in range(_USERS)]
    chat = world.open_chat(*users)
    crowd = Crowd([world.socket(user) for user in users for _ in range(_DEVICES)])
    speaker = world.socket(users[0])
    settle()
    make = send_frames(chat)
    crowd.talk(speaker, make, count=_MESSAGES // 4, pause=_PAUSE)
    alone = crowd.talk(speaker, make, count=_MESSAGES, pause=_PAUSE).since_sent
    # A process of its own reads the replay: in this one it would delay the reading of the others, which is measured.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as elsewhere:
        come_back = partial(_come_back, world.messenger.address, user.token, dict.fromkeys(missed, 1))
        elsewhere.submit(come_back, 0).result()
        settle()
        returning = elsewhere.submit(come_back, sum(missed.values()))
        beside = crowd.talk(speaker, make, count=_MESSAGES, pause=_PAUSE).since_sent
        took = returning.result()
    crowd.close()
    speaker.close()
    more = percentile(sorted(beside), 0.99) - percentile(sorted(alone), 0.99)
    return [
        Figure(f"{_MISSED:,} missed events of {_CHATS:,} chats sent over one socket", took, "s"),
        *delays("100 other sockets before it reconnects", alone),
        *delays("100 other sockets while it catches up", beside),
        Figure("p99 that catching up adds to the others", more * 1000, "ms"),
    ]


def _come_back(address: Address, token: str, cursors: dict[str, int], events: int) -> float:
    """Returns the seconds until everything was received."""
    began = perf_counter()
    socket = Socket(address, f"{API}/ws", {"token": token, "cursors": cursors})
    came = 0
    while came < events:
        came += socket.next().startswith(b'{"event"')
    socket.close()
    return perf_counter() - began
