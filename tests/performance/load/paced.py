"""Sends at a fixed rate over WebSocket, however fast the answers come."""

import asyncio
import json
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import Any

from websockets.asyncio.client import connect

from tests.performance.world import API, World


async def send_paced(
    world: World, text: Callable[[], str], rate: int, seconds: float, until: asyncio.Event | None = None
) -> list[float]:
    """Sends so many messages a second, each user in the own chat. Returns the seconds until each was acknowledged.

    With `until` it also ends when this event is set.
    """
    took: list[float] = []
    started: dict[int, float] = {}
    is_over = asyncio.Event()
    host, port = world.messenger.address

    async def listen(socket: Any) -> None:
        async for received in socket:
            frame = json.loads(received)
            if frame.get("reply_to") in started:
                assert frame["status"] == "ok", frame
                took.append(monotonic() - started.pop(frame["reply_to"]))
            if is_over.is_set() and not started:
                return

    async with asyncio.TaskGroup() as group:
        sockets = []
        for user, _ in world.alone:
            socket = await connect(f"ws://{host}:{port}{API}/ws", max_queue=None)
            await socket.send(json.dumps({"id": "hello", "action": "hello", "data": {"token": user.token}}))
            await socket.recv()
            sockets.append(socket)
        listeners = [group.create_task(listen(socket)) for socket in sockets]
        began = monotonic()
        for number in count():
            due = began + number / rate
            if due > began + seconds or (until is not None and until.is_set()):
                break
            await asyncio.sleep(max(due - monotonic(), 0))
            place = number % len(sockets)
            data = {"chat_id": world.alone[place][1], "text": text()}
            # From the moment at which it was due: a client that is late hides no slow answer.
            started[number] = min(due, monotonic())
            await sockets[place].send(json.dumps({"id": number, "action": "send", "data": data}))
        is_over.set()
        while started:  # noqa: ASYNC110 - nothing else notifies of the last answer
            await asyncio.sleep(0.01)
        for listener, socket in zip(listeners, sockets, strict=True):
            listener.cancel()
            await socket.close()
    return took
