"""The database of a run: durable, and target of faults."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded.binaries import find_binaries
from app.settings import PROJECT_ROOT
from tests.adapters.embedded.support import is_gone, open_folder, postmaster_of
from tests.processes import family_of

_IS_AWAITED = "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')"


@dataclass
class Pair:
    """A primary and its streaming standby."""

    primary: "Postgres"
    standby: "Postgres"


@asynccontextmanager
async def replicating() -> AsyncIterator[Pair]:
    """A primary and its standby, which is called `standby`. They are durable, and without tables."""
    folder = open_folder()
    pair = Pair(Postgres(folder / "primary"), Postgres(folder / "standby"))
    try:
        await pair.primary.start()
        await pair.standby.follow(pair.primary, "standby")
        yield pair
    finally:
        await pair.standby.stop()
        await pair.primary.stop()
        shutil.rmtree(folder)


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
                cwd=PROJECT_ROOT,
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

    async def follow(self, primary: "Postgres", name: str, source: DatabaseAddress | None = None) -> DatabaseAddress:
        """Copy a running server, and start the copy as its streaming standby of this name.

        `source` is where the copy finds the primary, if that may move.
        """
        source = source or primary.address
        assert source is not None
        owner = (primary.folder / "data").stat()
        self.folder.mkdir()
        os.chown(self.folder, owner.st_uid, owner.st_gid)
        conninfo = (
            f"host={source.host} port={source.port} user={source.user} password={source.password}"
            f" application_name={name}"
        )
        copying = ("--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--no-sync")
        await self._run("pg_basebackup", f"--pgdata={self.folder / 'data'}", f"--dbname={conninfo}", *copying)
        shutil.copy2(primary.folder / "password", self.folder)
        return await self.start()

    async def promote(self) -> None:
        """Make the standby the primary, and wait until it accepts writes."""
        await self._run("pg_ctl", "promote", f"--pgdata={self.folder / 'data'}")

    async def query(self, statement: str) -> Any:
        """Run a statement as the superuser. Returns its first value."""
        assert self.address is not None
        connection = await asyncpg.connect(**self.address.connect_arguments(), timeout=30)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    async def wait_for(self, standby: str) -> None:
        """Let each commit wait for this standby from now on."""
        await self.query(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'")
        await self.query("SELECT pg_reload_conf()")
        while not await self.query(_IS_AWAITED):  # noqa: ASYNC110 - there is no notification
            await asyncio.sleep(0.02)

    async def _run(self, name: str, *arguments: str) -> None:
        """Run a program of PostgreSQL as the owner of the data."""
        binaries = find_binaries()
        # The current folder may be closed to the owner.
        running = await asyncio.create_subprocess_exec(
            *(str(binaries / name), *arguments),
            cwd=binaries,
            user=self.folder.stat().st_uid if os.geteuid() == 0 else None,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await running.communicate()
        if running.returncode:
            raise RuntimeError(output.decode())

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
