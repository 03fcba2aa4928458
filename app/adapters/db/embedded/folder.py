"""The files in the data folder of the embedded server, and their owner.

data/         the cluster; created as data.new and renamed when it is complete
run/          the Unix socket
owner.lock    held by the application that started the server; contains its process id
server.lock   held by every process of the server, including those that survive when it is killed
server.json   the process and the address of the server started last
password      the superuser's password
postgres.log  the log; postgres.log.1 is the previous one
"""

import hashlib
import json
import os
import re
import stat
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from app.adapters.db.embedded.account import Account
from app.adapters.db.embedded.errors import ELSEWHERE, EmbeddedPostgresError

_LOG_LIMIT = 4 << 20
# sun_path holds 104 bytes on macOS and 108 on Linux. The rest is for the name of the socket itself.
_SOCKET_FOLDER_LIMIT = 80
# Characters without a special meaning in PostgreSQL's lists and in a client's host.
_PLAIN = re.compile(r"[\w/.+-]+", re.ASCII)


class Postmaster(NamedTuple):
    """What `postmaster.pid` says about a server."""

    pid: int
    status: str


class DataFolder:
    """The paths in one data folder. If `account` is set, it becomes the owner of everything created here."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.account: Account | None = None
        self.cluster = root / "data"
        self.unfinished_cluster = root / "data.new"
        self.owner_lock = root / "owner.lock"
        self.server_lock = root / "server.lock"
        self.password = root / "password"
        self.log = root / "postgres.log"
        self.postmaster_pid = self.cluster / "postmaster.pid"
        self._state = root / "server.json"

    def prepare(self) -> None:
        """Creates the folder if it is missing. An existing one changes its owner only if it is empty."""
        if self.account:
            self.account.check_reaches(self.root.parent, ELSEWHERE)
            if (self.cluster / "PG_VERSION").exists() and self.cluster.stat().st_uid != self.account.uid:
                raise EmbeddedPostgresError(
                    f"{self.root} belongs to root, and PostgreSQL does not run as root: give it to another user "
                    f"(chown -R {self.account.name} {self.root}), or {ELSEWHERE}"
                )
        for parent in reversed(self.root.parents):
            if not parent.exists():
                parent.mkdir(exist_ok=True)
                if self.account:
                    # Just created: a strict umask would close it to the account.
                    parent.chmod(0o711)
        if not self.root.exists():
            self.root.mkdir(mode=0o700, exist_ok=True)
            self._set_owner(self.root)
        elif not any(self.root.iterdir()):
            self._set_owner(self.root)
        if self.account:
            self.account.check_reaches(self.root, ELSEWHERE)

    def make_private(self, path: Path) -> None:
        """Creates a folder that only the account can access. Raises EmbeddedPostgresError if another user owns it."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == self._uid():
                return
            raise EmbeddedPostgresError(f"{path} belongs to another user: remove it, or {ELSEWHERE}") from None
        self._set_owner(path)

    def open(self, path: Path, flags: int) -> int:
        """Opens a file, created with mode 0600. Never follows a symbolic link, because this process may be root."""
        fd = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if self.account:
            os.fchown(fd, self.account.uid, self.account.gid)
        return fd

    def write(self, path: Path, text: str) -> None:
        """Replaces a file atomically: a power failure leaves the old or the new content."""
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(self.open(new, os.O_WRONLY | os.O_EXCL), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)

    def open_log(self) -> int:
        """Opens the log for appending, and returns its descriptor. A large log is renamed first."""
        if self.log.is_file() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        return self.open(self.log, os.O_WRONLY | os.O_APPEND)

    def socket_folder(self) -> Path:
        """Returns the socket's folder: `run/`, or one in the temporary folder if a socket cannot have that path."""
        run = self.root / "run"
        if len(str(run)) <= _SOCKET_FOLDER_LIMIT and _PLAIN.fullmatch(str(run)):
            return run
        # The name depends on the folder and the user: it is the same at the next start, and differs for other users.
        name = hashlib.sha256(f"{self._uid()}:{self.root}".encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir(), f"messenger-pg-{name}")

    def read_password(self) -> str:
        """Returns the superuser's password, which was created with the cluster. Raises EmbeddedPostgresError."""
        try:
            return self.password.read_text().strip()
        except FileNotFoundError:
            raise EmbeddedPostgresError(
                f"{self.password} is missing, and the database cannot be opened without it: restore it from a backup, "
                f"or {ELSEWHERE}"
            ) from None

    def postmaster(self) -> Postmaster | None:
        """Returns what `postmaster.pid` says, None if it says nothing. The server that wrote it may have ended."""
        try:
            lines = self.postmaster_pid.read_text().splitlines()
            return Postmaster(int(lines[0]), lines[7].strip() if len(lines) > 7 else "")
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def write_state(self, state: dict[str, Any]) -> None:
        """Stores which server was started."""
        self.write(self._state, json.dumps(state))

    def read_state(self) -> dict[str, Any]:
        """Returns what `write_state` stored last; an empty dictionary if there is nothing readable."""
        try:
            state = json.loads(self._state.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _set_owner(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def _uid(self) -> int:
        return self.account.uid if self.account else os.geteuid()
