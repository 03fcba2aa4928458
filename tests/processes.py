"""The server as a process, as `python main.py` starts it: on a free port, in a copy of the project."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self

from app.settings import PROJECT_ROOT, known_variables
from app.utils.own_settings import own_groups
from app.utils.setup_modules import read_modules
from tests.adapters.embedded.support import eventually, is_gone

READY_SECONDS, GONE_SECONDS = 180.0, 60.0
"""Seconds in which a process starts, and ends, on a busy machine."""
KNOWN_VARIABLES = known_variables(own_groups(read_modules().values()))
_held: list[socket.socket] = []
_CHEAP = {
    "AUTH_ARGON2_TIME_COST": "1",
    "AUTH_ARGON2_MEMORY_COST": "8",
    "AUTH_ARGON2_PARALLELISM": "1",
    "LOG_WRITE_TO_FILE": "false",
    "RATE_LIMIT_ENABLE": "false",
}


def copy_project(place: Path) -> Path:
    """Copy the code without `.env`, data and logs."""
    copy = place / "project"
    # Compiled bytecode has such names while another process writes it, and disappears under them.
    ignored = shutil.ignore_patterns("*.pyc.*")
    shutil.copytree(PROJECT_ROOT / "app", copy / "app", ignore=ignored)
    for name in ("main.py", "manage.py", "alembic.ini"):
        shutil.copy2(PROJECT_ROOT / name, copy)
    return copy


def clean_environment(variables: dict[str, str]) -> dict[str, str]:
    """Returns the environment without the settings of the current user. Compiled bytecode is shared between
    processes."""
    left_out = KNOWN_VARIABLES | {"PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in os.environ.items() if name not in left_out} | variables


def end_as_by_ctrl_c() -> None:
    """Make a program end its child processes whichever signal ends it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def run(project: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python main.py` until it ends, for a start that is refused."""
    return subprocess.run(
        [sys.executable, "main.py"],
        cwd=project,
        env=clean_environment(_CHEAP | variables),
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
        check=False,
    )


def free_port() -> int:
    """Returns a port that is used nowhere else until this process ends. A server with SO_REUSEADDR can listen on it,
    because the socket that holds it does not."""
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    _held.append(probe)
    return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
    return True


class RunningServer:
    """A server from its start to the end of the block, where all that is left of it is killed."""

    def __init__(self, project: Path, data_dir: Path, **variables: str) -> None:
        self.port = free_port()
        self.data_dir = data_dir
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._output = project / f"output-{self.port}.txt"
        where = {"API_SERVICE_PORT": str(self.port), "PG_EMBEDDED_DATA_DIR": str(data_dir)}
        with self._output.open("wb") as output:
            # A session of its own: Ctrl-C reaches all of it and no other process.
            self.process = subprocess.Popen(
                [sys.executable, "main.py"],
                cwd=project,
                env=clean_environment(_CHEAP | where | variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        family = self.family()
        self.process.kill()
        self.process.wait()
        assert eventually(lambda: all(map(is_gone, family)), GONE_SECONDS), self.output

    @property
    def output(self) -> str:
        """All output so far."""
        return self._output.read_text(encoding="utf-8")

    def wait_until_ready(self) -> Self:
        assert self.answers("/healthcheck/ready"), self.output
        return self

    def answers(self, path: str, seconds: float = READY_SECONDS) -> bool:
        """Returns True if the answer is 200 within the time."""
        return eventually(lambda: self._status(path) == 200 or self.process.poll() is not None, seconds) and (
            self._status(path) == 200
        )

    def family(self) -> list[int]:
        """Returns the first process and all that it has started: workers, PostgreSQL, their children."""
        return family_of(self.process.pid)

    def workers(self) -> list[int]:
        """Returns those of the family that run the application."""
        return [pid for pid in self.family()[1:] if b"multiprocessing.spawn" in _command_line(pid)]

    def end(self, how: signal.Signals) -> int:
        """Ends it as Ctrl-C, `kill` or `kill -9` do. Returns the exit code."""
        if how is signal.SIGINT:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        return self.process.wait(GONE_SECONDS)

    def _status(self, path: str) -> int:
        # Called many times a second: creating a client of httpx takes longer than the start of the server.
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()


def family_of(pid: int) -> list[int]:
    """Returns the process, its children and theirs."""
    parents = _parents()
    found = [pid]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def _parents() -> dict[int, int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    return parents


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
