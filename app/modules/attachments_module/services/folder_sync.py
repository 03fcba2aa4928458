"""Writing files of a folder to the disk, as S3 does before it answers. The library of the store does not."""

import os
from pathlib import Path

_MAX_KNOWN = 10_000
"""Folders. After that all are written again."""


class FolderSync:
    """Has the system write files, and the names on the way to them.

    The name of a folder is written once: each fsync delays those of the database on the same disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: set[Path] = set()

    def write(self, path: str) -> None:
        """Returns when the file and its name are on the disk. Blocks."""
        file = self._folder / path
        above = [place for place in file.parents if place.is_relative_to(self._folder)]
        new = [place for place in above if place != self._folder and place not in self._known]
        # A name is on the disk when the folder that has it is.
        for place in dict.fromkeys([file, file.parent, *(place.parent for place in new)]):
            descriptor = os.open(place, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        if len(self._known) > _MAX_KNOWN:
            self._known.clear()
        self._known.update(new)

    def forget(self) -> None:
        """To be called after a deletion: the library deletes folders that become empty."""
        self._known.clear()
