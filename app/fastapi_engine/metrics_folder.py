"""The folder in which the workers of a server share their metrics."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from app.adapters.db.embedded.lock import FileLock

_PREFIX = "messenger-metrics-"
_LOCK = "lock"
"""The file in the folder whose lock is held as long as the server runs."""
_IN_MEMORY = "/dev/shm"  # noqa: S108 - the folder below has a random name # nosec B108
"""Where Linux keeps files that are on no disk. A write into a shared file on a full disk ends the process by SIGBUS."""
_MEMORY_NEEDED = 32 << 20


@contextmanager
def metrics_folder() -> Iterator[str]:
    """Yields a new folder for the time of the block. Removes those that servers left when they were killed."""
    for place in (_IN_MEMORY, gettempdir()):
        for found in Path(place).glob(f"{_PREFIX}*/{_LOCK}"):
            _remove_if_left(found)
    with TemporaryDirectory(prefix=_PREFIX, dir=_place(), ignore_cleanup_errors=True) as folder:
        new = Path(folder, f"{_LOCK}.new")
        lock = FileLock(os.open(new, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            lock.acquire()
            # Locked before it has the name that another server looks for.
            new.rename(new.with_name(_LOCK))
            yield folder
        finally:
            lock.release()


def _remove_if_left(path: Path) -> None:
    # It may belong to another user.
    with suppress(OSError):
        lock = FileLock(os.open(path, os.O_RDWR | os.O_NOFOLLOW))
        if lock.acquire():
            shutil.rmtree(path.parent, ignore_errors=True)
        lock.release()


def _place() -> str | None:
    """Returns the folder in memory if it has room; some containers have none. None is the one for temporary files."""
    usable = os.access(_IN_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_IN_MEMORY).free >= _MEMORY_NEEDED
    return _IN_MEMORY if usable else None
