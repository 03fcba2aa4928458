"""The disk under PostgreSQL is full."""

import asyncio
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from time import monotonic

from tests.faults.fault import Fault, Scene, Unavailable

_ROOM = 64 << 20
"""Bytes that are free beside the data before the file that fills the disk is written."""
_BLOCK = bytes(1 << 20)
_FULL_DEADLINE = 60.0
_STANDSTILL = 2.0


class DiskFull(Fault):
    """The data move to a small disk in memory, which a file fills; then they move back."""

    name = "disk-full"
    title = "The disk full under PostgreSQL"
    times = 1
    in_short = False
    seconds = (5.0, 2.0)

    async def happen(self, scene: Scene) -> None:
        if os.geteuid() != 0 or shutil.which("mount") is None:
            raise Unavailable("only root can mount a small disk")
        cluster = scene.cluster
        data = cluster.postgres.folder / "data"
        await cluster.postgres.end(signal.SIGINT)
        await asyncio.to_thread(_move_to_small_disk, data)
        try:
            await cluster.bring_postgres_back()
            balloon = data / "balloon"
            await asyncio.to_thread(_blow_up, balloon)
            await self._until_nothing_is_written(scene)
            await asyncio.sleep(self.lasts(scene))
            balloon.unlink()
            await cluster.bring_postgres_back()
            await scene.probe.until_served(monotonic())
            await cluster.postgres.end(signal.SIGINT)
        finally:
            await asyncio.to_thread(_move_back, data)
        await cluster.bring_postgres_back()

    async def _until_nothing_is_written(self, scene: Scene) -> None:
        async with asyncio.timeout(_FULL_DEADLINE):
            before = -1
            while scene.workload.acknowledged != before:
                before = scene.workload.acknowledged
                await asyncio.sleep(_STANDSTILL)


def _move_to_small_disk(data: Path) -> None:
    kept = data.with_name("data on the large disk")
    data.rename(kept)
    owner = kept.stat()
    size = sum(file.lstat().st_size for file in kept.rglob("*")) + _ROOM
    data.mkdir(mode=0o700)
    options = f"size={size},mode=700,uid={owner.st_uid},gid={owner.st_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", data], check=True)
    _copy(kept, data)
    shutil.rmtree(kept)


def _move_back(data: Path) -> None:
    back = data.with_name("data moved back")
    owner = data.stat()
    back.mkdir(mode=0o700)
    os.chown(back, owner.st_uid, owner.st_gid)
    _copy(data, back)
    subprocess.run(["umount", data], check=True)
    data.rmdir()
    back.rename(data)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", f"{source}/.", target], check=True)


def _blow_up(balloon: Path) -> None:
    with suppress(OSError), balloon.open("wb", buffering=0) as file:
        while file.write(_BLOCK):
            pass


FAULTS = [DiskFull()]
