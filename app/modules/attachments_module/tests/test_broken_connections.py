"""Uploads over real connections: cut in the middle, and refused before they are read."""

import asyncio
from base64 import b64encode

from app.adapters.db.connection import Connection
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.tests.uploading import add, begin, download, processed, tus
from app.utils.container import Container
from tests.fakers import FakeClient, eventually

MIB = 1024 * 1024
DATA = bytes(range(256)) * 20_000
PART = {"Content_Type": "application/offset+octet-stream", "Upload_Offset": "0"}


def head_of(person: FakeClient, method: str, path: str, length: int, **headers: str) -> bytes:
    lines = {**person.headers, "Host": "server", "Tus-Resumable": "1.0.0", "Content-Length": str(length)}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    written = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} /api/v1/attachments{path} HTTP/1.1\r\n{written}\r\n".encode()


async def test_what_has_come_before_a_connection_breaks_stays(
    anna: FakeClient, live_server: str, container: Container
) -> None:
    host, _, port = live_server.partition(":")
    path = await begin(anna, len(DATA))
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(head_of(anna, "PATCH", path, len(DATA), **PART) + DATA[:4_500_000])
    await writer.drain()

    async def is_stored() -> bool:
        return bool([one async for one in container.get(FileStore).list(f"uploads{path}")])

    await eventually(is_stored)
    writer.transport.abort()

    async def goes_on() -> bool:
        offset = int((await tus(anna, "HEAD", path)).headers["upload-offset"])
        # The server may just be storing the rest of what has come: then the offset is another one.
        return offset > MIB and (await add(anna, path, offset, DATA[offset:])).status_code == 204

    await eventually(goes_on)
    assert (await download(anna, (await processed(anna, path[1:]))["url"])).content == DATA


async def test_of_an_upload_with_a_checksum_nothing_stays(
    anna: FakeClient, live_server: str, container: Container
) -> None:
    host, _, port = live_server.partition(":")
    path = await begin(anna, len(DATA))
    checksum = f"sha1 {b64encode(bytes(20)).decode()}"

    async def stored() -> int:
        return len([one async for one in container.get(FileStore).list(f"uploads{path}")])

    async def is_stored() -> bool:
        return await stored() > 0

    async def is_deleted() -> bool:
        return await stored() == 0

    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(head_of(anna, "PATCH", path, len(DATA), **PART, Upload_Checksum=checksum) + DATA[:-1])
    await writer.drain()
    await eventually(is_stored)
    writer.transport.abort()
    await eventually(is_deleted)
    assert (await tus(anna, "HEAD", path)).headers["upload-offset"] == "0"


async def test_of_a_creation_whose_bytes_do_not_come_nothing_stays(
    anna: FakeClient, live_server: str, connection: Connection
) -> None:
    host, _, port = live_server.partition(":")
    head = head_of(anna, "POST", "", len(DATA), Content_Type=PART["Content_Type"], Upload_Length=str(len(DATA)))
    _, writer = await asyncio.open_connection(host, int(port))

    async def uses(size: int) -> bool:
        return bool(await connection.fetchval("SELECT bytes FROM attachment_usage") == size)

    writer.write(head + DATA[:MIB])
    await eventually(lambda: uses(len(DATA)))
    writer.transport.abort()
    await eventually(lambda: uses(0))


async def test_a_stranger_is_refused_before_the_file_is_read(anonymous: FakeClient, live_server: str) -> None:
    host, _, port = live_server.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head_of(anonymous, "POST", "", 50_000_000, Upload_Length="50000000"))
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"tus-resumable: 1.0.0" in answer.lower()
    writer.close()
