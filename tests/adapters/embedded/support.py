"""Helpers of the tests of the embedded PostgreSQL: a place for the data, another process as its owner, SQL."""

import json
import os
import pwd
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded.binaries import find_binaries
from app.settings import PROJECT_ROOT

AS_ROOT = os.geteuid() == 0
ORDINARY = pwd.getpwnam("nobody") if AS_ROOT else pwd.getpwuid(os.getuid())

# All imports come before the change of the user: that user may have no access to the interpreter.
_OWNER = """
import dataclasses, json, os, resource, sys
from pathlib import Path
from app.adapters.db.embedded import EmbeddedPostgres, EmbeddedPostgresError

options = json.loads(sys.argv[1])
if "file_size" in options:
    resource.setrlimit(resource.RLIMIT_FSIZE, (options["file_size"],) * 2)
if "uid" in options:
    os.setgroups([])
    os.setgid(options["gid"])
    os.setuid(options["uid"])
server = EmbeddedPostgres(Path(options["data_dir"]), durable=options["durable"])
try:
    print(json.dumps(dataclasses.asdict(server.start())), flush=True)
    sys.stdin.read()
    server.stop()
except EmbeddedPostgresError as error:
    print(json.dumps(str(error)), flush=True)
"""


class Owner:
    """Another process that starts a server and keeps it until `kill` or the end of the block."""

    def __init__(
        self, data_dir: Path, *, ordinary: bool = False, durable: bool = False, file_size: int | None = None
    ) -> None:
        options: dict[str, object] = {"data_dir": str(data_dir), "durable": durable}
        if ordinary and AS_ROOT:
            options |= {"uid": ORDINARY.pw_uid, "gid": ORDINARY.pw_gid}
        if file_size is not None:
            options["file_size"] = file_size
        self.process = subprocess.Popen(
            [sys.executable, "-c", _OWNER, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), *filter(None, sys.path)])},
        )
        assert self.process.stdout is not None
        self._said = json.loads(self.process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=30)

    @property
    def address(self) -> DatabaseAddress:
        assert isinstance(self._said, dict), self._said
        return DatabaseAddress(**self._said)

    @property
    def refusal(self) -> str:
        assert isinstance(self._said, str), self._said
        return self._said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def query(address: DatabaseAddress, sql: str, *, database: str | None = None, password: str | None = None) -> str:
    """Returns what psql prints. Raises CalledProcessError if the server refuses."""
    where = [f"--host={address.host}", f"--port={address.port}", f"--username={address.user}"]
    return subprocess.run(
        [
            find_binaries() / "psql",
            "-Xqtw",
            "-A",
            *where,
            f"--dbname={database or address.database}",
            "-c",
            sql,
        ],
        env={"PGPASSWORD": address.password if password is None else password},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def postmaster_of(data_dir: Path) -> int:
    return int((data_dir / "data" / "postmaster.pid").read_text().splitlines()[0])


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_gone(pid: int) -> bool:
    """Returns True if the process ended. It may still be a zombie whose parent has not waited for it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


@contextmanager
def process_of(uid: int) -> Iterator[int]:
    """The number of a living process that has nothing to do with PostgreSQL, run by the user if that is permitted."""
    with subprocess.Popen(["sleep", "60"], user=uid if AS_ROOT else None) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def open_folder() -> Path:
    """Create a folder that every user may pass through. Those of pytest are closed to all but the user who runs it."""
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    place.chmod(0o755)
    return place
