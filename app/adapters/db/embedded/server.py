"""The supervisor of the embedded PostgreSQL."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded.account import choose_account
from app.adapters.db.embedded.binaries import EXTENSIONS, find_binaries
from app.adapters.db.embedded.client import accepts_connections, ensure_database
from app.adapters.db.embedded.cluster import SUPERUSER, ensure_cluster
from app.adapters.db.embedded.configuration import configuration
from app.adapters.db.embedded.errors import (
    ELSEWHERE,
    INSTALLED_ELSEWHERE,
    EmbeddedPostgresError,
    explain_output,
    system_errors_explained,
)
from app.adapters.db.embedded.folder import DataFolder
from app.adapters.db.embedded.lock import FileLock, read_pid
from app.adapters.db.embedded.process import end, spawn

_SOCKET_PORT = 5432
# Recovery after a crash may have to read `max_wal_size` of the write-ahead log.
_READY_SECONDS = 300.0
_POLL_SECONDS = 0.01


class EmbeddedPostgres:
    """A PostgreSQL server as a child process, with its data in one folder.

    The server ends with this process, even if this process is killed: on Linux the kernel ends it; elsewhere the next
    start stops the server left behind. Two locks guard the folder. This object holds one from `start` to `stop`: a
    second start fails at once. Every process of the server inherits the other lock, so it is free exactly when the last
    of them has ended. Until then no second server touches the data.

    All calls block. Call `start` from the main thread.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        database: str = "messenger",
        durable: bool = True,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Starts nothing yet. `durable=False` is for tests: a crash of the system may lose the data.

        `options` are settings of PostgreSQL. They override the default ones, except for the listening address.
        """
        self._root = data_dir.absolute()
        self._database = database
        self._durable = durable
        self._options = dict(options or {})
        self._owner: FileLock | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._address: DatabaseAddress | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> DatabaseAddress:
        """The address of the server. Raises RuntimeError before `start`."""
        if self._address is None:
            raise RuntimeError("the embedded PostgreSQL was not started")
        return self._address

    @property
    def alive(self) -> bool:
        """True if the server runs. If it ended by itself, `start` starts it again."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, wait_for_lock: float = 10.0) -> DatabaseAddress:
        """Starts the server and returns its address once it accepts connections; at once if it runs already.

        A new folder gets a cluster, and a missing database is created. `wait_for_lock` is how many seconds to wait for
        the processes of a former server whose owner was killed. A folder whose owner runs is refused without waiting.
        Raises EmbeddedPostgresError if the server cannot start; then nothing is left running.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("the embedded PostgreSQL would end with the thread that started it: use the main thread")
        if self.alive:
            return self.address
        try:
            with system_errors_explained(self._root):
                self._address = self._start(wait_for_lock)
        except BaseException:
            self.stop()
            raise
        return self._address

    def stop(self) -> None:
        """Ends the server and releases the folder. Does nothing if the server does not run."""
        if self._process is not None:
            end(self._process)
            self._process = None
            if self._address is not None:
                with suppress(OSError):
                    Path(self._address.host).rmdir()
        if self._owner is not None:
            self._owner.release()
            self._owner = None

    @staticmethod
    def running(data_dir: Path, *, database: str = "messenger") -> DatabaseAddress | None:
        """Returns the address of the server that any process started on the folder, else None. Takes no lock."""
        folder = DataFolder(data_dir.absolute())
        with system_errors_explained(folder.root):
            state, postmaster = folder.read_state(), folder.postmaster()
            # A process id may have been reused: both files have to name it, and the server has to answer.
            if postmaster is None or postmaster.pid != state.get("pid") or postmaster.status != "ready":
                return None
            host, port = str(state["host"]), int(state["port"])
            if not accepts_connections(host, port):
                return None
            return DatabaseAddress(host, port, SUPERUSER, folder.read_password(), database)

    def _start(self, wait_for_lock: float) -> DatabaseAddress:
        binaries = find_binaries()
        folder = DataFolder(self._root)
        folder.account = choose_account(folder.cluster)
        if folder.account:
            for programs in (binaries, EXTENSIONS / "extension"):
                folder.account.check_reaches(programs, INSTALLED_ELSEWHERE)
        folder.prepare()
        self._own(folder)
        self._end_orphan(folder, wait_for_lock)
        lock = FileLock(folder.open(folder.server_lock, os.O_RDWR))
        try:
            if not lock.acquire(wait_for_lock):
                raise self._still_running()
            ensure_cluster(folder, binaries, lock.fd, durable=self._durable)
            password = folder.read_password()
            host, port = self._choose_address(folder)
            self._process, log_start = self._launch(folder, binaries, lock.fd, host, port)
            folder.write_state({"pid": self._process.pid, "host": host, "port": port})
        finally:
            # From here on only the server's processes hold the lock.
            lock.release()
        self._wait_until_ready(self._process, folder, log_start)
        address = DatabaseAddress(host, port, SUPERUSER, password, self._database)
        ensure_database(address, binaries, self._root)
        return address

    def _own(self, folder: DataFolder) -> None:
        if self._owner is not None:
            return
        lock = FileLock(folder.open(folder.owner_lock, os.O_RDWR))
        if not lock.acquire():
            lock.release()
            raise EmbeddedPostgresError(
                f"{self._root} is used by process {read_pid(folder.owner_lock)}: stop it, or {ELSEWHERE}"
            )
        self._owner = lock
        lock.write_pid()

    def _end_orphan(self, folder: DataFolder, seconds: float) -> None:
        """Ends a server that outlived its owner. The owner has ended, because this process owns the folder now."""
        postmaster = folder.postmaster()
        if postmaster is None or self.running(self._root) is None:
            return
        with suppress(ProcessLookupError):
            os.kill(postmaster.pid, signal.SIGINT)
        # The server removes its file last.
        deadline = time.monotonic() + seconds
        while folder.postmaster() is not None:
            if time.monotonic() > deadline:
                raise self._still_running()
            time.sleep(_POLL_SECONDS)

    def _still_running(self) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(
            f"processes of a former PostgreSQL on {self._root} still run: wait for them to end, or {ELSEWHERE}"
        )

    @staticmethod
    def _choose_address(folder: DataFolder) -> tuple[str, int]:
        host = folder.socket_folder()
        folder.make_private(host)
        if folder.account:
            folder.account.check_reaches(host, ELSEWHERE)
        return str(host), _SOCKET_PORT

    def _settings(self, host: str, port: int) -> dict[str, str]:
        return configuration(host, port, durable=self._durable, options=self._options)

    def _launch(
        self, folder: DataFolder, binaries: Path, lock_fd: int, host: str, port: int
    ) -> tuple[subprocess.Popen[bytes], int]:
        """Starts the server process. Returns it and the position at which its part of the log begins."""
        postmaster = folder.postmaster()
        if postmaster is None or postmaster.pid == folder.read_state().get("pid"):
            # Written by our server, and the lock is free: that server has ended. Its process id may belong to another
            # process by now, which PostgreSQL would take for a running server. Files that another PostgreSQL wrote are
            # left to PostgreSQL's own checks.
            for stale in (folder.postmaster_pid, Path(host, f".s.PGSQL.{port}.lock")):
                stale.unlink(missing_ok=True)
        settings = self._settings(host, port)
        arguments: list[str | Path] = [binaries / "postgres", "-D", folder.cluster]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        log = folder.open_log()
        try:
            log_start = os.fstat(log).st_size
            return spawn(arguments, folder.account, lock_fd, log), log_start
        finally:
            os.close(log)

    def _wait_until_ready(self, process: subprocess.Popen[bytes], folder: DataFolder, log_start: int) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while folder.postmaster() != (process.pid, "ready"):
            if process.poll() is not None or time.monotonic() > deadline:
                output = folder.log.read_bytes()[log_start:].decode(errors="replace")
                raise explain_output(output, self._root, "start")
            time.sleep(_POLL_SECONDS)
