"""Real server processes, as they are deployed: several on one database."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from app.adapters.db.address import DatabaseAddress
from app.settings import PROJECT_ROOT
from tests.processes import free_port

_TROUBLE = re.compile(r"Traceback|\b(ERROR|CRITICAL)\b|never retrieved|was destroyed but|unexpected error")


class ServerProcess:
    """`python main.py`, or another program, on a port of its own. Its output goes to a file."""

    process: subprocess.Popen[bytes]

    def __init__(
        self,
        database: DatabaseAddress,
        log: Path,
        program: Sequence[str] = ("main.py",),
        project: Path = PROJECT_ROOT,
        **variables: str,
    ) -> None:
        """`project` is the folder of the application, or of a copy of it."""
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log = log
        self._program = program
        self._project = project
        self._environment = {
            "PATH": os.environ["PATH"],
            # Programs of the tests run beside a copy of the application, too.
            "PYTHONPATH": str(PROJECT_ROOT),
            **database.variables(),
            "PG_POOLER": database.pooler,
            "API_SERVICE_PORT": str(self.port),
            "API_RELOAD": "false",
            "BUS_DRIVER": "postgres",
            "LOG_WRITE_TO_FILE": "false",
            "RATE_LIMIT_ENABLE": "false",
            "AUTH_ARGON2_TIME_COST": "1",
            "AUTH_ARGON2_MEMORY_COST": "8",
            "AUTH_ARGON2_PARALLELISM": "1",
            **variables,
        }
        self.start()

    def start(self, **variables: str) -> None:
        """Starts the process, again once it has ended. These variables are added to the first ones."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *self._program],
                cwd=self._project,
                env=self._environment | variables,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urlopen(f"http://{self.address}/healthcheck/ready", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.log.read_text()}")

    def stop(self, seconds: float = 60) -> None:
        """Send SIGTERM, and check that the process ends as it must."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def troubles(self) -> list[str]:
        """Returns the lines of the log that a healthy server never writes."""
        return [line for line in self.log.read_text().splitlines() if _TROUBLE.search(line)]


@contextmanager
def servers(database: DatabaseAddress, folder: Path, count: int, **variables: str) -> Iterator[list[ServerProcess]]:
    """Runs so many processes on one database, ready to serve. Their logs must be clean at the end."""
    logs = [folder / f"server_{number}.log" for number in range(count)]
    running = [ServerProcess(database, log, ("main.py",), PROJECT_ROOT, **variables) for log in logs]
    try:
        for server in running:
            server.wait_until_ready()
        yield running
    finally:
        for server in running:
            server.stop()
    for server in running:
        assert server.troubles() == []
