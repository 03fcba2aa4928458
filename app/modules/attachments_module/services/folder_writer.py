"""Writes objects into a folder: little by little, and so that they survive a power failure, as S3 does.

The library of the store leaves both to the system. What it then writes at once delays other writes on the same disk,
those of the database among them.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from secrets import randbits
from time import monotonic

_STEP = 1024 * 1024
"""Bytes that the system may have to write at once."""
_UNFINISHED = re.compile(r"#[0-9]+$")
"""The end of the name of a file that is being written."""
_MAX_KNOWN = 10_000
"""Folders. After that all are written again."""


class FolderWriter:
    """Writes files under other names, and renames those that are whole and on the disk. Only its user may read them.

    The name of a folder is written once: each fsync delays those of the database on the same disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: set[Path] = set()

    def write(self, path: str, data: bytes) -> None:
        """Returns when the file and its name are on the disk. Blocks."""
        unfinished = self._create(path)
        try:
            _append(unfinished, data)
            self._finish(unfinished, path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    async def write_stream(self, path: str, chunks: AsyncIterator[bytes]) -> None:
        """Returns when the file and its name are on the disk. Half of the time it leaves the disk to others: the stream
        is a copy, which comes as fast as the disk takes it.
        """
        unfinished = await asyncio.to_thread(self._create, path)
        try:
            async for chunk in chunks:
                began = monotonic()
                await asyncio.to_thread(_append, unfinished, chunk)
                await asyncio.sleep(monotonic() - began)
            await asyncio.to_thread(self._finish, unfinished, path)
        except BaseException:
            await asyncio.to_thread(unfinished.unlink, missing_ok=True)
            raise

    def forget(self) -> None:
        """To be called after a deletion: the library deletes folders that become empty."""
        self._known.clear()

    def delete_unfinished(self, before: float) -> None:
        """Deletes what killed processes have left. Blocks."""
        # It passes over folders that are deleted meanwhile.
        for place, _, names in os.walk(self._folder):
            for file in (Path(place, name) for name in names if _UNFINISHED.search(name)):
                with suppress(FileNotFoundError):
                    if file.stat().st_mtime < before:
                        file.unlink()

    def _create(self, path: str) -> Path:
        unfinished = self._folder / f"{path}#{randbits(32)}"
        while True:
            try:
                unfinished.touch(mode=0o600, exist_ok=False)
                return unfinished
            except FileNotFoundError:
                # Another process may have deleted folders that were empty: their names have to be written again.
                self._known.difference_update(place for place in unfinished.parents if not place.is_dir())
                # Again if one is deleted meanwhile. `parents=True` would give only the last one this mode.
                with suppress(FileNotFoundError):
                    for place in reversed(unfinished.parents):
                        place.mkdir(mode=0o700, exist_ok=True)

    def _finish(self, unfinished: Path, path: str) -> None:
        file = self._folder / path
        # Before it has its name: a file of this name may be there, and must not be replaced by half of one.
        _sync(unfinished)
        unfinished.replace(file)
        above = [place for place in file.parents if place.is_relative_to(self._folder)]
        new = [place for place in above if place != self._folder and place not in self._known]
        # A name is on the disk when the folder that has it is.
        for place in dict.fromkeys([file.parent, *(place.parent for place in new)]):
            _sync(place)
        if len(self._known) > _MAX_KNOWN:
            self._known.clear()
        self._known.update(new)


def _append(file: Path, data: bytes) -> None:
    """Opens the file each time: the thread of a task that was cancelled has no descriptor that another file gets."""
    view = memoryview(data)
    with file.open("r+b") as opened:
        size = opened.seek(0, os.SEEK_END)
        for start in range(0, len(view), _STEP):
            before, step = size, view[start : start + _STEP]
            opened.write(step)
            opened.flush()
            size += len(step)
            if size // _STEP > before // _STEP:
                os.fsync(opened.fileno())


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
