"""Uploads over real connections: cut in the middle, and refused before they are read."""

import asyncio

from app.modules.attachments_module.tests.uploading import add, begin, download, processed, tus
from tests.fakers import FakeClient, eventually


def head_of(person: FakeClient, method: str, path: str, length: int, **headers: str) -> bytes:
    lines = {**person.headers, "Host": "server", "Tus-Resumable": "1.0.0", "Content-Length": str(length)}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    written = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} /api/v1/attachments{path} HTTP/1.1\r\n{written}\r\n".encode()


async def test_what_has_come_before_a_connection_breaks_stays(anna: FakeClient, live_server: str) -> None:
    host, _, port = live_server.partition(":")
    data = bytes(range(256)) * 20_000
    path = await begin(anna, len(data))
    part = {"Content_Type": "application/offset+octet-stream", "Upload_Offset": "0"}
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(head_of(anna, "PATCH", path, len(data), **part) + data[:4_500_000])
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.transport.abort()
    offsets: list[int] = []

    async def has_come() -> bool:
        offsets.append(int((await tus(anna, "HEAD", path)).headers["upload-offset"]))
        return offsets[-1] > 4 * 1024 * 1024

    await eventually(has_come)
    assert offsets[-1] <= 4_500_000
    assert (await add(anna, path, offsets[-1], data[offsets[-1] :])).status_code == 204
    assert (await download(anna, (await processed(anna, path[1:]))["url"])).content == data


async def test_a_stranger_is_refused_before_the_file_is_read(anonymous: FakeClient, live_server: str) -> None:
    host, _, port = live_server.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head_of(anonymous, "POST", "", 50_000_000, Upload_Length="50000000"))
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"tus-resumable: 1.0.0" in answer.lower()
    writer.close()
