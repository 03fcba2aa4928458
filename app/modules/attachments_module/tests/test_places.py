"""Slow uploads of a few do not keep others from uploading."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from app.modules.attachments_module.services import places
from app.modules.attachments_module.services.places import Sender
from app.modules.attachments_module.services.uploads import Uploads
from app.modules.attachments_module.tests.uploading import add, begin, download, post, processed, tus
from app.services.errors import Overloaded
from app.utils.container import Container
from tests.fakers import FakeClient, ok

_ANOTHER_NETWORK = "127.0.0.2"


class SlowUploads:
    """Uploads over connections of their own, whose requests bring no byte."""

    def __init__(self, server: str) -> None:
        self._host, _, self._port = server.partition(":")
        self._writers: list[asyncio.StreamWriter] = []

    async def begin(self, user: FakeClient, address: str = "127.0.0.1") -> tuple[int, asyncio.StreamReader]:
        """Returns the first status, which is 100 if the server waits for the bytes, and what it answers then."""
        path = await begin(user, 100)
        reader, writer = await asyncio.open_connection(self._host, int(self._port), local_addr=(address, 0))
        self._writers.append(writer)
        headers = {
            **user.headers,
            "Host": "server",
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": "100",
            "Upload-Offset": "0",
            "Expect": "100-continue",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"PATCH /api/v1/attachments{path} HTTP/1.1\r\n{lines}\r\n".encode())
        return await status_of(reader), reader

    def end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@pytest.fixture
async def slow(live_server: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowUploads]:
    """A server that has three places for uploads."""
    monkeypatch.setattr(places, "MAX_AT_ONCE", 3)
    uploads = SlowUploads(live_server)
    yield uploads
    uploads.end()


async def status_of(reader: asyncio.StreamReader) -> int:
    """Returns the status of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    return int(head.split()[1])


async def test_an_account_with_fewer_uploads_gets_the_place_of_the_oldest_one_of_another_account(
    anna: FakeClient, boris: FakeClient, slow: SlowUploads
) -> None:
    of_anna = [await slow.begin(anna) for _ in range(3)]
    assert [status for status, _ in of_anna] == [100] * 3
    assert (await slow.begin(boris))[0] == 100
    assert await status_of(of_anna[0][1]) == 503
    # Otherwise each would take the place of the other again and again.
    for user in (anna, boris):
        assert (await slow.begin(user))[0] == 503


async def test_accounts_of_one_network_leave_a_place_to_another_network(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, stranger: FakeClient, slow: SlowUploads
) -> None:
    of_network = [await slow.begin(user, _ANOTHER_NETWORK) for user in (anna, boris, clara)]
    assert [status for status, _ in of_network] == [100] * 3
    assert (await slow.begin(stranger, _ANOTHER_NETWORK))[0] == 503
    assert (await post(stranger, b"data")).status_code == 201
    assert await status_of(of_network[0][1]) == 503


async def test_an_upload_ends_with_its_session(anna: FakeClient, slow: SlowUploads) -> None:
    phone = await anna.another_device().sign_in()
    (status, of_phone), (other_status, _) = [await slow.begin(device) for device in (phone, anna)]
    assert (status, other_status) == (100, 100)
    ok(await phone.post("/accounts/sign-out"))
    assert await status_of(of_phone) == 401
    assert (await post(anna, b"data")).status_code == 201


async def test_what_has_arrived_stays_when_the_place_is_given_to_another_request(
    anna: FakeClient, boris: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MAX_AT_ONCE", 2)
    uploads, may_go_on = container.get(Uploads), asyncio.Event()
    begun = [await uploads.create(anna.uuid, 6, filename="a.txt", content_type="") for _ in range(2)]
    has_arrived: asyncio.Queue[None] = asyncio.Queue()

    async def half() -> AsyncIterator[bytes]:
        yield b"abc"
        has_arrived.put_nowait(None)
        await may_go_on.wait()

    (session,) = ok(await anna.get("/accounts/sessions"))["items"]
    sender = Sender(anna.uuid, UUID(session["id"]), "network")
    running = [asyncio.create_task(uploads.receive(each, 0, sender, half())) for each in begun]
    for _ in running:
        await has_arrived.get()
    assert (await post(boris, b"data")).status_code == 201
    with pytest.raises(Overloaded):
        await running[0]
    path = f"/{begun[0].id}"
    assert (await tus(anna, "HEAD", path)).headers["upload-offset"] == "3"
    may_go_on.set()
    await running[1]
    assert (await add(anna, path, 3, b"def")).status_code == 204
    assert (await download(anna, (await processed(anna, path[1:]))["url"])).content == b"abcdef"
