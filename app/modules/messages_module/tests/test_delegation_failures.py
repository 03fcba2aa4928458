"""A writer that ends, hangs or sends garbage, and a hostile sender: each send still has one result."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.adapters.clients.peers import group as peer_group
from app.adapters.clients.peers.folder import PeerFolder
from app.adapters.clients.peers.frames import DATA, PING, PONG, encode
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.delegation import Delegation
from app.modules.messages_module.services.delegation import delegation as sender_side
from app.modules.messages_module.services.delegation.wire import WRITTEN, encode_result, encode_send, read_sends
from app.modules.messages_module.services.send_queue import SendQueue
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok

OnSends = Callable[[asyncio.StreamWriter, bytes], None]

pytestmark = pytest.mark.usefixtures("every_process_writes")


@pytest.fixture
def delegation(container: Container, anna: FakeClient) -> Delegation:
    return container.get(Delegation)


@pytest.fixture
async def folder(delegation: Delegation) -> PeerFolder:
    """Where the process of the test is found."""

    async def has_joined() -> bool:
        return delegation.group.folder is not None

    await eventually(has_joined)
    assert delegation.group.folder is not None
    return delegation.group.folder


async def until_connected(delegation: Delegation, count: int) -> None:
    async def is_so() -> bool:
        return delegation.group.ready == count

    await eventually(is_so)


@asynccontextmanager
async def connected(
    delegation: Delegation, folder: PeerFolder
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the process of the test, as another process opens it."""
    reader, writer = await asyncio.open_unix_connection(folder.path_of(delegation.group.name))
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def false_writer(delegation: Delegation, folder: PeerFolder, on_sends: OnSends) -> AsyncIterator[None]:
    """A process that answers tests, and does to sends what `on_sends` says."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            while True:
                length, kind = struct.unpack("!IB", await reader.readexactly(5))
                content = await reader.readexactly(length)
                if kind == PING:
                    writer.write(encode(PONG))
                elif kind == DATA:
                    on_sends(writer, content)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    name = "f" * 16
    async with await asyncio.start_unix_server(serve, sock=folder.listen(name)) as server:
        # A process that starts connects with all others, and they with it.
        async with connected(delegation, folder):
            await until_connected(delegation, 1)
        yield
        server.close()
        folder.remove(name)
        # A server of asyncio leaves the connections open that it has accepted.
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def chat_of_the_other(delegation: Delegation, owner: FakeClient, *members: FakeClient) -> UUID:
    """Returns a chat that the other process should write."""
    while True:
        chat = UUID(await owner.open_chat(*members))
        if delegation.group.find(chat) is not None:
            return chat


async def send_many(container: Container, sender: FakeClient, chat: UUID, texts: list[str]) -> None:
    """Sends at once, and checks that each send succeeds."""
    queue = container.get(SendQueue)
    messages = [MessageCreate(client_msg_id=uuid4(), text=text) for text in texts]
    await asyncio.gather(*(queue.submit(chat, sender.uuid, message) for message in messages))


async def texts_of(user: FakeClient, chat: UUID) -> list[str]:
    items: list[dict[str, Any]] = []
    while page := ok(await user.get(f"/chats/{chat}/messages", after_seq=len(items), limit=200))["items"]:
        items += page
    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    return [item["text"] for item in items]


NUMBERS = [str(number) for number in range(30)]


def end(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.transport.abort()


def answer_garbage(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(b"\xff" * 100)


def answer_what_was_not_asked(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(encode(DATA, encode_result(4_000_000_000, WRITTEN, b"{}")))


def answer_half_a_result(writer: asyncio.StreamWriter, content: bytes) -> None:
    number = next(read_sends(content)).number
    writer.write(encode(DATA, encode_result(number, WRITTEN, b"{}")[:-1]))


def answer_an_unknown_refusal(writer: asyncio.StreamWriter, content: bytes) -> None:
    number = next(read_sends(content)).number
    writer.write(encode(DATA, encode_result(number, 2, b'["os.system", "", {}, null, {}]')))


@pytest.mark.parametrize(
    "on_sends",
    [end, answer_garbage, answer_what_was_not_asked, answer_half_a_result, answer_an_unknown_refusal],
)
async def test_sends_of_a_writer_that_ends_or_misbehaves_are_written_here(
    container: Container, delegation: Delegation, folder: PeerFolder, anna: FakeClient, on_sends: OnSends
) -> None:
    async with false_writer(delegation, folder, on_sends):
        chat = await chat_of_the_other(delegation, anna)
        await send_many(container, anna, chat, NUMBERS)
        assert await texts_of(anna, chat) == NUMBERS


async def test_sends_of_a_writer_that_answers_only_tests_are_written_here(
    container: Container,
    delegation: Delegation,
    folder: PeerFolder,
    anna: FakeClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer_group, "TICK", 0.02)
    async with false_writer(delegation, folder, lambda writer, content: None):
        chat = await chat_of_the_other(delegation, anna)
        await send_many(container, anna, chat, NUMBERS)
        assert await texts_of(anna, chat) == NUMBERS


@pytest.mark.parametrize("is_held", [False, True])
async def test_a_send_that_cannot_be_encoded_leaves_nothing_behind(
    container: Container,
    delegation: Delegation,
    folder: PeerFolder,
    anna: FakeClient,
    monkeypatch: pytest.MonkeyPatch,
    is_held: bool,
) -> None:
    """It fails at once, or when the earlier sends of its chat, which this process writes, are written."""
    monkeypatch.setattr(sender_side, "MAX_WAITING_IN_CHAT", 3)
    wrong = MessageCreate.model_construct({"client_msg_id", "text"}, client_msg_id=uuid4(), text="\ud800")
    sends = [MessageCreate(text="before")] * is_held + [wrong]
    async with false_writer(delegation, folder, end):
        chat = await chat_of_the_other(delegation, anna)
        for _ in range(3):
            with pytest.raises(ValueError, match="surrogate"):
                await asyncio.gather(*(container.get(SendQueue).submit(chat, anna.uuid, send) for send in sends))
    await send_many(container, anna, chat, ["sent"])


SEND = encode_send(1, uuid4(), uuid4(), None, b'{"client_msg_id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91", "text": "?"}')
HOSTILE = {
    "noise": b"\xff" * 100,
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a frame that is too long": struct.pack("!IB", 1 << 30, DATA),
    "an unknown kind": encode(9),
    "an answer": encode(PONG),
    "half a send": encode(DATA, SEND[:-3]),
    "a send that is not valid": encode(DATA, encode_send(1, uuid4(), uuid4(), None, b'{"text": ""}')),
    "a send without an id": encode(DATA, encode_send(1, uuid4(), uuid4(), None, b'{"text": "?"}')),
}


@pytest.mark.parametrize("frame", HOSTILE.values(), ids=list(HOSTILE))
async def test_a_frame_that_is_wrong_ends_its_connection_and_nothing_else(
    delegation: Delegation, folder: PeerFolder, anna: FakeClient, club: str, frame: bytes
) -> None:
    async with connected(delegation, folder) as good, connected(delegation, folder) as bad:
        bad[1].write(frame)
        assert await bad[0].read() == b""
        good[1].write(encode(DATA, SEND))
        length, kind = struct.unpack("!IB", await good[0].readexactly(5))
        assert kind == DATA
        assert b"ChatNotFound" in await good[0].readexactly(length)
    assert (await anna.send(club))["seq"] == 1


async def test_the_socket_of_a_process_that_was_killed_is_removed(delegation: Delegation, folder: PeerFolder) -> None:
    name = "d" * 16
    folder.listen(name).close()
    assert name in folder.list_names()

    async def is_removed() -> bool:
        return name not in folder.list_names()

    async with connected(delegation, folder):
        await eventually(is_removed)
    assert delegation.group.name in folder.list_names()


def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(PermissionError, match="only the user of this process"):
        PeerFolder(tmp_path, "group").listen("name")


def test_only_the_user_of_the_process_may_use_its_socket(tmp_path_factory: pytest.TempPathFactory) -> None:
    # The name of this test would make the path too long for a socket.
    root = tmp_path_factory.mktemp("root") / "new"
    folder = PeerFolder(root, "group")
    with folder.listen("name"):
        assert root.stat().st_mode & 0o777 == 0o700
        assert folder.path_of("name").stat().st_mode & 0o777 == 0o600
