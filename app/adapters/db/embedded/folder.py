"""What stands under the data folder, and whose it is.

data/         the cluster; made as data.new and renamed when it is whole
run/          the Unix socket
owner.lock    held by the application that started the server; its process number is inside
server.lock   held by every process of the server itself, the orphans of a killed one included
server.json   the process and the address of the server started last
password      of the superuser
postgres.log  and postgres.log.1, the one before
"""

import hashlib
import json
import os
import re
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from app.adapters.db.embedded.account import Account
from app.adapters.db.embedded.errors import ELSEWHERE, EmbeddedPostgresError

_LOG_LIMIT = 4 << 20
# sun_path holds 104 bytes on macOS and 108 on Linux, and the name of the socket itself takes its share.
_SOCKET_FOLDER_LIMIT = 80
# Characters that mean themselves in PostgreSQL's lists and in the host of a client.
_PLAIN = re.compile(r"[\w/.+-]+", re.ASCII)


class Postmaster(NamedTuple):
    """What a server says of itself in `postmaster.pid`."""

    pid: int
    status: str


class DataFolder:
    """The paths under one data folder. With an account, all that is made here is given to it."""

    def __init__(self, root: Path, account: Account | None = None) -> None:
        self.root = root
        self.account = account
        self.cluster = root / "data"
        self.unfinished_cluster = root / "data.new"
        self.owner_lock = root / "owner.lock"
        self.server_lock = root / "server.lock"
        self.password = root / "password"
        self.log = root / "postgres.log"
        self.postmaster_pid = self.cluster / "postmaster.pid"
        self._state = root / "server.json"

    def prepare(self) -> None:
        """Make the folder if it is missing. An existing one becomes the account's only if it is empty."""
        if self.account:
            self.account.check_reaches(self.root.parent, ELSEWHERE)
        for parent in reversed(self.root.parents):
            if not parent.exists():
                parent.mkdir(exist_ok=True)
                if self.account:
                    # Ours since just now: without this a strict umask would close it to the account.
                    parent.chmod(0o711)
        if not self.root.exists():
            self.root.mkdir(mode=0o700, exist_ok=True)
            self._give(self.root)
        elif not any(self.root.iterdir()):
            self._give(self.root)
        if self.account:
            self.account.check_reaches(self.root, ELSEWHERE)

    def make_private(self, path: Path) -> None:
        """Make a folder for the account alone; one that stands already has to be just that."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == self._uid()):
                return
            raise EmbeddedPostgresError(f"{path} belongs to another user: remove it, or {ELSEWHERE}") from None
        self._give(path)

    def open(self, path: Path, flags: int) -> int:
        """Open a file of ours, made with mode 0600; never through a symbolic link, for it may be root who opens."""
        fd = os.open(path, flags | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        if sys.platform != "win32" and self.account:
            os.fchown(fd, self.account.uid, self.account.gid)
        return fd

    def write(self, path: Path, text: str) -> None:
        """Replace a file as a whole, also when the power fails half-way."""
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(self.open(new, os.O_WRONLY | os.O_EXCL), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)

    def open_log(self) -> int:
        """The log to append to; a large one is put aside first."""
        if self.log.is_file() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        return self.open(self.log, os.O_WRONLY | os.O_APPEND)

    def socket_folder(self) -> Path:
        """`run/`, or a short private folder of the system where that path cannot be a socket's."""
        run = self.root / "run"
        if len(str(run)) <= _SOCKET_FOLDER_LIMIT and _PLAIN.fullmatch(str(run)):
            return run
        # Named after the folder and the user: the same at the next start, another one for everybody else.
        name = hashlib.sha256(f"{self._uid()}:{self.root}".encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir(), f"messenger-pg-{name}")

    def read_password(self) -> str:
        """The superuser's password, made with the cluster."""
        try:
            return self.password.read_text().strip()
        except FileNotFoundError:
            raise EmbeddedPostgresError(
                f"{self.password} is missing, and the database cannot be opened without it: restore it from a backup, "
                f"or {ELSEWHERE}"
            ) from None

    def postmaster(self) -> Postmaster | None:
        """What `postmaster.pid` says; the one who wrote it may be dead by now."""
        try:
            lines = self.postmaster_pid.read_text().splitlines()
            return Postmaster(int(lines[0]), lines[7].strip() if len(lines) > 7 else "")
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def write_state(self, state: dict[str, Any]) -> None:
        """Note down which server was started."""
        self.write(self._state, json.dumps(state))

    def read_state(self) -> dict[str, Any]:
        """What `write_state` noted last, or nothing."""
        try:
            state = json.loads(self._state.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _give(self, path: Path) -> None:
        if sys.platform != "win32" and self.account:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def _uid(self) -> int:
        if sys.platform == "win32":
            return 0
        return self.account.uid if self.account else os.geteuid()
