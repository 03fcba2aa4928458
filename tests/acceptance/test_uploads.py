"""A large file, uploaded by two tus libraries to two servers that are killed during the upload.

`UPLOAD_KILLS=10` kills them more often."""

import asyncio
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from requests.exceptions import RequestException
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from app.adapters.db.address import DatabaseAddress
from tests.adapters.embedded.support import eventually
from tests.fakers import PASSWORD
from tests.npm import NODE, install
from tests.processes import RunningServer

SIZE = 50 * 1024 * 1024
CHUNK = 2 * 1024 * 1024
KILLS = int(os.environ.get("UPLOAD_KILLS", "5"))
NAME = "данные.bin"
_SOON = 0.01


class Interruption(NamedTuple):
    """What happens once the server has so many bytes, in the middle of a request."""

    after: int
    happen: Callable[[], None]


class Dangerous(BytesIO):
    """A file that triggers an interruption shortly after it was read so far."""

    interruption: Interruption | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        if self.interruption is not None and self.tell() >= self.interruption.after:
            Timer(_SOON, self.interruption.happen).start()
            self.interruption = None
        return super().read(size)


class ByTuspy:
    """Uploads by the library for Python."""

    def __init__(self, file: Path, token: str, folder: Path) -> None:
        self._file = Dangerous(file.read_bytes())
        self._headers = {"Authorization": f"Bearer {token}"}

    def upload(self, base_url: str, path: str, interruption: Interruption | None) -> tuple[str, bool]:
        """Begins, or goes on with what has a path. Returns the path, and True unless it was interrupted."""
        client = TusClient(f"{base_url}/api/v1/attachments", headers=self._headers)
        uploader = client.uploader(file_stream=self._file, chunk_size=CHUNK, metadata={"filename": NAME})
        if path:
            uploader.set_url(f"{base_url}{path}")
            uploader.offset = uploader.get_offset()
        else:
            path = uploader.create_url().removeprefix(base_url)
            uploader.set_url(f"{base_url}{path}")
        self._file.interruption = interruption
        try:
            uploader.upload()
        except (TusCommunicationError, RequestException):
            return path, False
        return path, True


class ByNode:
    """Uploads by the library for JavaScript."""

    def __init__(self, file: Path, token: str, folder: Path) -> None:
        source = Path(__file__).with_name("tus_client")
        # A script imports packages from the folder it is in.
        self._script = install(source, "tus-client") / f"{uuid4().hex}.mjs"
        self._script.write_bytes((source / "upload.mjs").read_bytes())
        self._file, self._token, self._folder = file, token, folder

    def upload(self, base_url: str, path: str, interruption: Interruption | None) -> tuple[str, bool]:
        address = [f"{base_url}{path}"] if path else []
        command = [str(NODE), str(self._script), str(self._file), f"{base_url}/api/v1/attachments", self._token]
        is_done = False
        with subprocess.Popen([*command, *address], stdout=subprocess.PIPE, cwd=self._folder) as process:
            assert process.stdout is not None
            for line in process.stdout:
                said: dict[str, Any] = json.loads(line)
                path = said.get("url", path).removeprefix(base_url)
                is_done = said.get("done", is_done)
                if interruption is not None and said.get("offset", 0) >= interruption.after:
                    time.sleep(_SOON)
                    interruption.happen()
                    interruption = None
        assert is_done is (process.returncode == 0)
        return path, is_done

    def __del__(self) -> None:
        self._script.unlink(missing_ok=True)


def sign_up(base_url: str) -> str:
    """Creates an account. Returns its token."""
    accounts, name = f"{base_url}/api/v1/accounts", f"u{uuid4().hex[:8]}"
    body = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
    httpx.post(f"{accounts}/sign-up", json=body, timeout=60).raise_for_status()
    body = {"login": name, "password": PASSWORD}
    tokens = httpx.post(f"{accounts}/sign-in", json=body, timeout=60).raise_for_status().json()
    return str(tokens["access_token"])


@contextmanager
def two_servers(
    project: Path, database: DatabaseAddress, folder: Path
) -> Iterator[tuple[list[RunningServer], Callable[[], RunningServer]]]:
    """Two servers on one database and one store, and how another one is started."""
    variables = database.variables() | {
        "API_RELOAD": "false",
        "ATTACHMENT_STORE": f"file://{folder}/files",
    }

    def start() -> RunningServer:
        return RunningServer(project, folder / "unused", **variables)

    servers = [start().wait_until_ready(), start().wait_until_ready()]
    try:
        yield servers, start
    finally:
        for server in servers:
            server.__exit__()


@pytest.mark.parametrize("library", [ByTuspy, ByNode])
async def test_a_file_is_whole_after_ten_kills_of_two_servers(
    project: Path, database_address: DatabaseAddress, tmp_path: Path, library: type[ByTuspy | ByNode]
) -> None:
    await asyncio.to_thread(upload_while_servers_die, project, database_address, tmp_path, library)


def upload_while_servers_die(
    project: Path, database: DatabaseAddress, folder: Path, library: type[ByTuspy | ByNode]
) -> None:
    data, file = os.urandom(SIZE), folder / "data"
    file.write_bytes(data)
    with two_servers(project, database, folder) as (servers, start):
        token = sign_up(servers[0].base_url)
        client, path, kills = library(file, token, folder), "", 0
        for number in range(KILLS + 1):
            server = servers[number % 2]
            interruption = Interruption((number + 1) * SIZE // (2 * (KILLS + 1)), server.process.kill)
            path, is_done = client.upload(server.base_url, path, interruption if number < KILLS else None)
            if not is_done:
                kills += 1
                server.__exit__()
                servers[number % 2] = start().wait_until_ready()
        assert kills == KILLS
        attachment: dict[str, Any] = {}

        def is_ready() -> bool:
            headers = {"Authorization": f"Bearer {token}"}
            attachment.update(httpx.get(f"{servers[0].base_url}{path}", headers=headers, timeout=60).json())
            return bool(attachment["state"] == "ready")

        assert eventually(is_ready)
        sha256 = hashlib.sha256(data).hexdigest()
        assert (attachment["sha256"], attachment["size"], attachment["filename"]) == (sha256, SIZE, NAME)
        assert httpx.get(f"{servers[1].base_url}{attachment['url']}", timeout=60).content == data

        def is_tidy() -> bool:
            files = {one for one in (folder / "files").rglob("*") if one.is_file()}
            return files == {folder / "files" / "owner", folder / "files" / "files" / sha256}

        assert eventually(is_tidy)
