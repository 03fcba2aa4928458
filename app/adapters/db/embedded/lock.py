"""A file lock that the system releases when the processes that hold it end, in whatever way."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

_PAUSE = 0.02


class FileLock:
    """A lock held from `acquire` to `release`, and longer by every child process that inherits `fd`."""

    def __init__(self, fd: int) -> None:
        """Takes ownership of `fd`, which `release` closes."""
        self.fd = fd

    def acquire(self, wait: float = 0.0) -> bool:
        """Returns True if the lock was acquired within `wait` seconds."""
        deadline = time.monotonic() + wait
        while not self._try():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE)
        return True

    def write_pid(self) -> None:
        """Writes the id of this process into the file, for `read_pid`."""
        os.ftruncate(self.fd, 0)
        os.lseek(self.fd, 0, os.SEEK_SET)
        os.write(self.fd, str(os.getpid()).encode())

    def release(self) -> None:
        """Closes this process's descriptor, and with it its share of the lock."""
        os.close(self.fd)

    def _try(self) -> bool:
        # Not lockf: child processes inherit only flock's locks.
        with suppress(BlockingIOError):
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False


def read_pid(path: Path) -> str:
    """Returns the process id in a lock file, as text for messages."""
    return path.read_text() or "(unknown)"
