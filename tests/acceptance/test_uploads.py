"""A large file, uploaded by the library tuspy to two servers that are killed during the upload."""

import asyncio
import hashlib
import os
import signal
from io import BytesIO
from pathlib import Path
from threading import Timer
from typing import Any
from uuid import uuid4

import httpx
from requests.exceptions import RequestException
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from app.adapters.db.address import DatabaseAddress
from tests.adapters.embedded.support import eventually
from tests.fakers import PASSWORD
from tests.processes import RunningServer

SIZE = 50 * 1024 * 1024
CHUNK = 2 * 1024 * 1024
KILLS = 10


class Dangerous(BytesIO):
    """A file that triggers an action shortly after so many bytes were read, in the middle of a request."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.after: int | None = None
        self.happens: Any = None

    def read(self, size: int | None = -1, /) -> bytes:
        if self.after is not None and self.tell() >= self.after:
            self.after = None
            Timer(0.01, self.happens).start()
        return super().read(size)


def sign_up(server: RunningServer) -> dict[str, str]:
    """Creates an account. Returns the header that authorizes it."""
    accounts, name = f"{server.base_url}/api/v1/accounts", f"u{uuid4().hex[:8]}"
    body = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
    httpx.post(f"{accounts}/sign-up", json=body).raise_for_status()
    tokens = httpx.post(f"{accounts}/sign-in", json={"login": name, "password": PASSWORD}).raise_for_status().json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_a_file_is_whole_after_ten_kills_of_two_servers(
    project: Path, database_address: DatabaseAddress, tmp_path: Path
) -> None:
    await asyncio.to_thread(upload_while_servers_die, project, database_address, tmp_path)


def upload_while_servers_die(project: Path, database_address: DatabaseAddress, tmp_path: Path) -> None:
    variables = {
        "PG_SERVER_ADDRESS": database_address.host,
        "PG_SERVER_PORT": str(database_address.port),
        "PG_SERVER_LOGIN": database_address.user,
        "PG_SERVER_PASSWD": database_address.password,
        "PG_SERVER_DB": database_address.database,
        "API_RELOAD": "false",
        "ATTACHMENT_STORE": f"file://{tmp_path}/files",
    }

    def start() -> RunningServer:
        return RunningServer(project, tmp_path / "unused", **variables)

    servers = [start().wait_until_ready(), start().wait_until_ready()]
    try:
        data = os.urandom(SIZE)
        headers, file = sign_up(servers[0]), Dangerous(data)
        client = TusClient(f"{servers[0].base_url}/api/v1/attachments", headers=headers)
        uploader = client.uploader(file_stream=file, chunk_size=CHUNK, metadata={"filename": "данные.bin"})
        path = uploader.create_url().partition("/api/")[2]
        kills = 0
        for number in range(KILLS + 1):
            server = servers[number % 2]
            uploader.set_url(f"{server.base_url}/api/{path}")
            uploader.offset = uploader.get_offset()
            if number < KILLS:
                file.after = (number + 1) * SIZE // (KILLS + 1)
                file.happens = lambda: os.kill(server.process.pid, signal.SIGKILL)  # noqa: B023 - called within the iteration
            try:
                uploader.upload()
            except (TusCommunicationError, RequestException):
                kills += 1
                servers[number % 2].__exit__()
                servers[number % 2] = start().wait_until_ready()
        assert kills == KILLS
        attachment: dict[str, Any] = {}

        def is_ready() -> bool:
            attachment.update(httpx.get(f"{servers[0].base_url}/api/{path}", headers=headers).json())
            return bool(attachment["state"] == "ready")

        assert eventually(is_ready)
        sha256 = hashlib.sha256(data).hexdigest()
        assert (attachment["sha256"], attachment["size"]) == (sha256, SIZE)
        assert httpx.get(f"{servers[1].base_url}{attachment['url']}").content == data

        def is_tidy() -> bool:
            files = [one for one in (tmp_path / "files").rglob("*") if one.is_file()]
            return files == [tmp_path / "files" / "files" / sha256]

        assert eventually(is_tidy)
    finally:
        for server in servers:
            server.__exit__()
