"""The clock of one server is an hour off, as after a wrong time zone or an empty battery."""

import asyncio
from pathlib import Path

from tests.faults.fault import Fault, Scene, Unavailable

_LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
_IS_INSTALLED = _LIBRARY.exists()


class ClockMoved(Fault):
    in_short = False
    times = 1

    def __init__(self, name: str, title: str, offset: str) -> None:
        self.name = name
        self.title = title
        self._offset = offset

    async def happen(self, scene: Scene) -> None:
        if not _IS_INSTALLED:
            raise Unavailable("libfaketime is not installed")
        server = scene.random.choice(scene.cluster.servers)
        await server.stop()
        # The monotonic clock stays correct, as it does when an administrator sets the time.
        await server.start(LD_PRELOAD=str(_LIBRARY), FAKETIME=self._offset, FAKETIME_DONT_FAKE_MONOTONIC="1")
        await asyncio.sleep(self.lasts(scene))
        await server.stop()
        await server.start()


FAULTS = [
    ClockMoved("clock-ahead", "A server's clock an hour ahead", "+1h"),
    ClockMoved("clock-behind", "A server's clock an hour behind", "-1h"),
]
