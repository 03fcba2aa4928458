"""Folders that are written into, and may not exist yet."""

import tempfile
from pathlib import Path


def find_write_problems(folder: Path) -> list[str]:
    """Returns a line that says why no file can be written into the folder, which is not created; nothing if one can.

    It writes one. Permissions alone do not decide: root may write without them, and a disk may be read-only.
    """
    try:
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return [f"{folder}: {error.strerror}"]
    return []
