"""A real nats-server for tests, which can be killed and started again on the same port."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.adapters.embedded.support import eventually
from tests.processes import free_port

_SECONDS = 30


class NatsServer:
    """A context: at its end the server is killed. `config` are lines of its configuration file."""

    def __init__(self, folder: Path, *config: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"nats://{self.address}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._config = folder / f"nats-{self.port}.conf"
        self._log = folder / f"nats-{self.port}.log"
        self._config.write_text("\n".join(config) + "\n")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> Self:
        program = str(Path(sys.executable).with_name("nats-server"))
        command = [program, "--addr=127.0.0.1", f"--port={self.port}", f"--config={self._config}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log)
        assert eventually(self.answers, _SECONDS), self._log.read_text()
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Suspends it for the time of the block, in which it may be killed."""
        process = self._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(5) == b"INFO "
        except OSError:
            return False
