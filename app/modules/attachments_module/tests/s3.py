"""A real S3 server for tests: SeaweedFS, as one process in a folder of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import httpx
from pydantic import SecretStr

from app.modules.attachments_module.settings import AttachmentSettings
from tests.processes import free_port

BUCKET = "files"
_KEY, _SECRET = "key", "a secret of tests"
_ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]
_SECONDS = 60


@contextmanager
def s3_server(folder: Path) -> Iterator[AttachmentSettings]:
    """Runs it around the block. Gives settings that use it."""
    config = folder / "s3.json"
    credentials = [{"accessKey": _KEY, "secretKey": _SECRET}]
    config.write_text(json.dumps({"identities": [{"name": "t", "credentials": credentials, "actions": _ACTIONS}]}))
    services = ("master.port", "volume.port", "filer.port", "s3.port")
    names = [name for service in services for name in (service, f"{service}.grpc")]
    ports = {name: free_port() for name in names}
    program = [
        str(Path(sys.executable).with_name("weed")),
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-s3",
        # Both have ports of their own that two servers would share.
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={config}",
        "-volume.max=20",
        "-master.volumeSizeLimitMB=64",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(program, cwd=folder, stdout=subprocess.DEVNULL, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{ports['s3.port']}/", process, folder / "log")
        httpx.post(f"http://127.0.0.1:{ports['filer.port']}/buckets/{BUCKET}/", timeout=60).raise_for_status()
        yield AttachmentSettings(
            store=f"s3://{BUCKET}/some/prefix",
            s3_endpoint=f"http://127.0.0.1:{ports['s3.port']}",
            s3_access_key_id=_KEY,
            s3_secret_access_key=SecretStr(_SECRET),
        )
    finally:
        process.kill()
        process.wait()
        # It puts its sockets there, not in its folder.
        for port in ports.values():
            for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - fixed by the server
                socket.unlink()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(10 * _SECONDS):
        assert process.poll() is None, log.read_text()
        try:
            httpx.get(address)
        except httpx.TransportError:
            sleep(0.1)
        else:
            return
    raise TimeoutError("the S3 server does not answer")
