"""A thousand idle sockets."""

import asyncio
import time

from tests.performance import fill
from tests.performance.live.figure import Figure
from tests.performance.load.websocket import Socket
from tests.performance.servers import Server
from tests.performance.usage import memory
from tests.performance.world import World

_SOCKETS = 1_000
_WARM_UP = 50
_CHATS = 20
_ADDED_AT_ONCE = 200
_SETTLES = 3.0
_AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'messenger' AND state <> 'idle' AND pid <> pg_backend_pid()
"""


def measure(world: World) -> list[Figure]:
    """Measures resident memory per socket, of ours and of a bare server, and the busy database connections."""
    users = [world.sign_up() for _ in range(_SOCKETS + _WARM_UP)]
    for _ in range(_CHATS):
        chat = world.open_chat(users[0])
        for first in range(1, len(users), _ADDED_AT_ONCE):
            ids = [user.id for user in users[first : first + _ADDED_AT_ONCE]]
            world.call(users[0], "POST", f"/chats/{chat}/members", {"account_ids": ids})
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


def _settled(server: Server) -> int:
    time.sleep(_SETTLES)
    return memory(server.family())


async def _connections_at_work(world: World) -> int:
    connection = await fill.connect(world.database)
    try:
        return int(await connection.fetchval(_AT_WORK))
    finally:
        await connection.close()
