"""A lock on a file that ends with the processes that hold it, however they end."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PAUSE = 0.02


class FileLock:
    """Held from `acquire` to `release`, and beyond that by every child process that was given `fd`.

    On Windows children do not hold it.
    """

    def __init__(self, fd: int) -> None:
        """Takes `fd` over: it is closed by `release`."""
        self.fd = fd

    def acquire(self, wait: float = 0.0) -> bool:
        """Whether the lock was got within `wait` seconds."""
        deadline = time.monotonic() + wait
        while not self._try():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE)
        return True

    def sign(self) -> None:
        """Write the number of this process into the file, for `read_pid`."""
        os.ftruncate(self.fd, 0)
        os.lseek(self.fd, 0, os.SEEK_SET)
        os.write(self.fd, str(os.getpid()).encode())

    def release(self) -> None:
        """Let this process's hold go."""
        os.close(self.fd)

    def _try(self) -> bool:
        # Linux and macOS: flock, not lockf, for it is flock that children share.
        with suppress(BlockingIOError, PermissionError):
            if sys.platform == "win32":
                # A byte far beyond the text, which would be unreadable to others otherwise.
                os.lseek(self.fd, 1 << 20, os.SEEK_SET)
                msvcrt.locking(self.fd, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False


def read_pid(path: Path) -> str:
    """Who signed a lock file, for messages."""
    return path.read_text() or "(unknown)"
