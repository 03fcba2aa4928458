"""A thousand idle sockets of as many accounts, and ten thousand of two hundred accounts."""

import asyncio
import selectors
import time

from app.fastapi_engine.connection_limit import raise_file_limit
from tests.performance import fill
from tests.performance.live.figure import Figure
from tests.performance.load.websocket import Socket
from tests.performance.servers import Server
from tests.performance.usage import cpu_nanoseconds, memory
from tests.performance.world import User, World

_SOCKETS = 1_000
_WARM_UP = 50
_CHATS = 20
_ADDED_AT_ONCE = 200
_SETTLES = 3.0
_MANY, _DEVICES = 10_000, 50
_AT_REST = 45.0
"""Seconds in which the server pings each socket at least twice."""
_AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'messenger' AND state <> 'idle' AND pid <> pg_backend_pid()
"""


def measure(world: World) -> list[Figure]:
    """Measures resident memory per socket, of ours and of a bare server, and the busy database connections."""
    users = _users_in_chats(world, _SOCKETS + _WARM_UP)
    ours = [world.socket(user) for user in users[:_WARM_UP]]
    before = _settled(world.messenger)
    ours += [world.socket(user) for user in users[_WARM_UP:]]
    after = _settled(world.messenger)
    at_work = asyncio.run(_connections_at_work(world))
    bare = [Socket(world.broadcast.address, "/listen") for _ in range(_WARM_UP)]
    bare_before = _settled(world.broadcast)
    bare += [Socket(world.broadcast.address, "/listen") for _ in range(_SOCKETS)]
    bare_after = _settled(world.broadcast)
    for client in (*ours, *bare):
        client.close()
    return [
        Figure(f"an idle socket, its account in {_CHATS} chats", (after - before) / _SOCKETS / 1000, "KB", 40),
        Figure("an idle socket of a bare server", (bare_after - bare_before) / _SOCKETS / 1000, "KB"),
        Figure(f"busy database connections for {_SOCKETS:,} idle sockets", at_work, "", 0),
    ]


def measure_many(world: World) -> list[Figure]:
    """Measures the memory of ten thousand sockets, and the CPU of the server while they are idle."""
    raise_file_limit()
    # A proxy's connections are not counted.
    world.start_messenger(1, more={"API_TRUSTED_PROXIES": "127.0.0.1"})
    users = _users_in_chats(world, _MANY // _DEVICES)
    before = _settled(world.messenger)
    with selectors.DefaultSelector() as selector:
        for number in range(_MANY):
            client = world.socket(users[number % len(users)])
            selector.register(client.socket, selectors.EVENT_READ, client)
            _answer_pings(selector)
        worked = cpu_nanoseconds(world.messenger.family())
        began = time.monotonic()
        while time.monotonic() < began + _AT_REST:
            _answer_pings(selector, 1.0)
        worked = cpu_nanoseconds(world.messenger.family()) - worked
        taken = memory(world.messenger.family()) - before
        for key in tuple(selector.get_map().values()):
            key.data.close()
    return [
        Figure(f"{_MANY:,} idle sockets of {len(users)} accounts: memory of each", taken / _MANY / 1000, "KB"),
        Figure(f"{_MANY:,} idle sockets: the server, of a core", worked / 1e7 / _AT_REST, "%"),
    ]


def _users_in_chats(world: World, count: int) -> list[User]:
    users = [world.sign_up() for _ in range(count)]
    for _ in range(_CHATS):
        chat = world.open_chat(users[0])
        for first in range(1, len(users), _ADDED_AT_ONCE):
            ids = [user.id for user in users[first : first + _ADDED_AT_ONCE]]
            world.call(users[0], "POST", f"/chats/{chat}/members", {"account_ids": ids})
    return users


def _answer_pings(selector: selectors.BaseSelector, seconds: float = 0.0) -> None:
    for key, _ in selector.select(seconds):
        for _ in key.data.receive():
            pass


def _settled(server: Server) -> int:
    time.sleep(_SETTLES)
    return memory(server.family())


async def _connections_at_work(world: World) -> int:
    connection = await fill.connect(world.database)
    try:
        return int(await connection.fetchval(_AT_WORK))
    finally:
        await connection.close()
