"""Servers of PostgreSQL other than the embedded one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.adapters.db.address import DatabaseAddress
from tests.adapters.embedded.support import eventually, open_folder

USER = "postgres" if os.geteuid() == 0 else None
"""The user who runs the servers, if it is another one: PostgreSQL does not run as root."""


def give_to_postgres(file: Path) -> None:
    if USER:
        shutil.chown(file, USER)


def system_binaries() -> Path:
    """Returns the folder with the programs of the newest PostgreSQL that the system has."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))


@contextmanager
def server_of(binaries: Path, port: int = 5432, **settings: object) -> Iterator[DatabaseAddress]:
    """A server for the time of the block. The address is that of its Unix socket."""
    folder = open_folder()
    give_to_postgres(folder)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "messenger", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
        user=USER,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    own = {"port": port, "listen_addresses": "", "unix_socket_directories": folder, "fsync": "off"}
    options = [f"--{name}={value}" for name, value in (own | settings).items()]
    server = subprocess.Popen([binaries / "postgres", "-D", data, *options], user=USER, stderr=subprocess.DEVNULL)
    try:
        pid_file = data / "postmaster.pid"
        assert eventually(lambda: pid_file.exists() and "ready" in pid_file.read_text(), 30)
        yield DatabaseAddress(str(folder), port, "messenger", "", "postgres")
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)
