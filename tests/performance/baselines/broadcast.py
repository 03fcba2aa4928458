"""The `websockets` library alone: each frame of one socket goes to all listeners. `python broadcast.py PORT`."""

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

listeners: set[ServerConnection] = set()


async def handle(connection: ServerConnection) -> None:
    if connection.request is not None and connection.request.path == "/listen":
        listeners.add(connection)
        await connection.wait_closed()
        listeners.discard(connection)
        return
    async for text in connection:
        broadcast(listeners, text)


async def main() -> None:
    async with serve(handle, "127.0.0.1", int(sys.argv[1]), compression=None, ping_interval=None):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    uvloop.run(main())
