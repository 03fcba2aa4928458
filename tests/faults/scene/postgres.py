"""The database of a run: durable, and target of faults."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import orjson

from app.adapters.db.address import DatabaseAddress
from tests.acceptance.live.servers import ROOT
from tests.adapters.embedded.support import is_gone, postmaster_of
from tests.processes import family_of


class Postgres:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address: DatabaseAddress | None = None
        self._owner: asyncio.subprocess.Process | None = None

    async def start(self) -> DatabaseAddress:
        """Start it, or restart it. Raises RuntimeError if that is not possible."""
        if self._owner is None:
            self._owner = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.scene.owner", str(self.folder)),
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        assert self._owner.stdin is not None
        assert self._owner.stdout is not None
        self._owner.stdin.write(b"\n")
        answer = orjson.loads(await self._owner.stdout.readline() or b'"its owner has ended"')
        if isinstance(answer, str):
            raise RuntimeError(answer)
        self.address = DatabaseAddress(**answer)
        return self.address

    async def stop(self) -> None:
        if self._owner is not None and self._owner.stdin is not None:
            self._owner.stdin.close()
            await self._owner.wait()
            self._owner = None

    async def end(self, how: signal.Signals) -> None:
        """Send the postmaster a signal that ends it, and wait until the last of its processes is gone."""
        family = family_of(postmaster_of(self.folder))
        os.kill(family[0], how)
        while not all(map(is_gone, family)):  # noqa: ASYNC110 - there is no notification
            await asyncio.sleep(0.02)

    def signal_all(self, how: signal.Signals) -> None:
        """Send a signal to the postmaster and all of its children."""
        for pid in family_of(postmaster_of(self.folder)):
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                continue
