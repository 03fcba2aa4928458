"""The servers that are measured, each in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import psutil

from app.adapters.db.address import DatabaseAddress
from app.settings import PROJECT_ROOT
from tests.performance.load.http import Address
from tests.processes import free_port

_START_SECONDS = 60.0
RATES = (
    "ACCOUNT",
    "ADDRESS",
    "SEND",
    "CREATE_CHAT",
    "ADD_MEMBERS",
    "ADD_PEOPLE",
    "HELLO",
    "HELLO_ADDRESS",
    "SIGN_UP",
    "SIGN_IN_ADDRESS",
    "SEARCH_MESSAGES",
)
"""The limits that a load would reach."""

_PRODUCTION = {
    "ENVIRONMENT": "PROD",
    "AUTH_SECRET": "4Zq9xk2LrT7vBnW1yHc8PdJm5sGf0aUe",
    "LOG_LEVEL": "INFO",
    "LOG_WRITE_TO_FILE": "false",
}


class Server:
    """A process that listens. Its cost includes its children and its worker, but not PostgreSQL."""

    def __init__(self, process: subprocess.Popen[bytes], address: Address) -> None:
        self.process = process
        self.address = address
        self.worker: subprocess.Popen[bytes] | None = None

    def family(self) -> list[psutil.Process]:
        own = [process.pid for process in (self.worker, self.process) if process is not None]
        return [*map(psutil.Process, own), *children_of(self.process.pid, lambda name: name != "postgres")]


def children_of(pid: int | None, matches: Callable[[str], bool]) -> list[psutil.Process]:
    """Returns the processes below this one whose names match."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        # A backend may end while they are listed.
        with suppress(psutil.NoSuchProcess):
            if matches(process.name()):
                found.append(process)
    return found


@contextmanager
def messenger(
    data: Path,
    *,
    workers: int = 1,
    database: DatabaseAddress | None = None,
    more: Mapping[str, str] | None = None,
    project: Path = PROJECT_ROOT,
) -> Iterator[Server]:
    """Runs `python main.py` as in production, durable, on a PostgreSQL of its own or on `database`; with `more`
    settings. `project` is the folder of the application, or of a copy of it."""
    port = free_port()
    settings = {
        **_PRODUCTION,
        "AUTH_ACCESS_TTL": "86400",
        # Sends are measured, not password hashing.
        "AUTH_ARGON2_TIME_COST": "1",
        "AUTH_ARGON2_MEMORY_COST": "64",
        "API_SERVICE_PORT": str(port),
        "API_RELOAD": "false",
        "API_WORKERS": str(workers),
        # Calls are counted as in production, but the limits are never reached.
        **{f"RATE_LIMIT_{what}": "1000000000/minute" for what in RATES},
        "PG_EMBEDDED_DATA_DIR": str(data),
        **(more or {}),
    }
    if database is not None:
        settings |= database.variables()
    log = data.parent / f"messenger-{port}.log"
    with running([sys.executable, "main.py"], settings, log, project) as process:
        server = Server(process, ("127.0.0.1", port))
        wait_until(server, "/healthcheck/ready")
        yield server


@contextmanager
def worker(database: DatabaseAddress, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Runs `manage.py worker`, the subscribers and jobs of a server that has `API_BACKGROUND=false`."""
    settings = {**_PRODUCTION, **database.variables()}
    with running([sys.executable, "manage.py", "worker"], settings, log) as process:
        until = time.monotonic() + _START_SECONDS
        while b"started with the modules" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the worker did not start: {log}")
            time.sleep(0.1)
        yield process


@contextmanager
def asgi_app(name: str, log: Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Runs another application under uvicorn, with the same options as ours: `baselines.echo:app`."""
    port = free_port()
    program = [
        sys.executable,
        "-c",
        "import uvicorn; from app.fastapi_engine.server import uvicorn_options;"
        f"uvicorn.run('tests.performance.{name}', port={port}, **uvicorn_options())",
    ]
    with running(program, settings or {}, log) as process:
        server = Server(process, ("127.0.0.1", port))
        wait_until(server, "/openapi.json")
        yield server


@contextmanager
def script(path: str, log: Path) -> Iterator[Server]:
    """Runs a program that takes its port as the only argument."""
    port = free_port()
    with running([sys.executable, str(Path(__file__).parent / path), str(port)], {}, log) as process:
        server = Server(process, ("127.0.0.1", port))
        wait_until(server, None)
        yield server


@contextmanager
def running(
    program: Sequence[str], settings: Mapping[str, str], log: Path, folder: Path = PROJECT_ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program with more variables of the environment, and its output in a file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "API_"))}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            program,
            cwd=folder,
            env={**environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Linux shares the CPU among sessions first: the load generator must not take from the server's share.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(server: Server, path: str | None) -> None:
    """Waits until it answers: a path with 200, or just a connection."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise RuntimeError(f"{server.process.args!r} ended with {server.process.returncode}; see its log")
        with suppress(OSError):
            if path is None:
                socket.create_connection(server.address, 1).close()
                return
            connection = HTTPConnection(*server.address, timeout=2)
            connection.request("GET", path)
            status = connection.getresponse().status
            connection.close()
            if status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{server.process.args!r} does not answer")
