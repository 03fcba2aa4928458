"""The folder in which the processes of one machine find each other: a Unix socket per process."""

import os
import socket
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

_LONGEST_PATH = 100
"""sun_path holds 104 bytes on macOS and 108 on Linux."""
_BACKLOG = 128


class PeerFolder:
    """A folder that only this user can enter. The name of a socket is the group of its process, and a name of its own.

    A process chooses a new name at each start, and its socket is visible only while it listens. So a socket that
    refuses connections belongs to a process that has ended, and can be removed.
    """

    def __init__(self, root: Path | None, group: str) -> None:
        self._root = root or Path(tempfile.gettempdir()) / f"messenger-{os.getuid()}"
        self._group = group

    def listen(self, name: str) -> socket.socket:
        """Returns a socket that listens under this name. Raises OSError."""
        self._prepare()
        path, hidden = self.path_of(name), self._root / f".{name}"
        if len(os.fsencode(path)) > _LONGEST_PATH:
            raise OSError(f"{path} is too long for a Unix socket")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(os.fspath(hidden))
            hidden.chmod(0o600)
            listener.listen(_BACKLOG)
            hidden.rename(path)
        except BaseException:
            listener.close()
            hidden.unlink(missing_ok=True)
            raise
        return listener

    def path_of(self, name: str) -> Path:
        return self._root / f"{self._group}.{name}"

    def list_names(self) -> list[str]:
        """Returns the names of the processes of this group that listen, and of those that were killed."""
        with suppress(OSError):
            return sorted(path.suffix[1:] for path in self._root.iterdir() if path.stem == self._group)
        return []

    def remove(self, name: str) -> None:
        with suppress(OSError):
            self.path_of(name).unlink()

    def _prepare(self) -> None:
        """Creates the folder. Raises PermissionError if others may enter it, as in a folder that another user made."""
        with suppress(FileExistsError):
            self._root.mkdir(mode=0o700)
        found = self._root.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise PermissionError(f"{self._root} must be a folder that only the user of this process may enter")
