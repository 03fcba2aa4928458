"""Events of messages on their way to other processes of the machine."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
import pytest
from fastapi import FastAPI

from app.adapters.base.bus import Bus
from app.adapters.clients.peers.frames import DATA, NEWS, FrameReader, encode
from app.modules.messages_module.services.delegation import Delegation
from app.modules.messages_module.services.delegation.wire import encode_send
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.tests.delegating import container_of, message, open_chat_of
from app.modules.streams_module.db.cruds.read import Part
from app.modules.streams_module.services import awaited_events
from app.modules.streams_module.services.frames import Frame
from app.modules.streams_module.services.hub import Hub
from app.modules.streams_module.tests.recording_follower import Recorder
from tests.fakers import FakeClient, eventually, ok

pytestmark = pytest.mark.usefixtures("every_process_writes")


async def test_other_processes_get_the_events_of_a_message_without_reading_them(
    app: FastAPI, other: FastAPI, anna: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = (container_of(each).get(Hub) for each in (app, other))
    chat = UUID(await anna.open_chat())
    near, far = Recorder(), Recorder()
    feeds = [(hub, await hub.follow({chat: recorder}), recorder) for hub, recorder in ((here, near), (there, far))]

    async def read_after(*_: object) -> Mapping[UUID, Part]:
        raise AssertionError

    for hub in (here, there):
        monkeypatch.setattr(hub, "read_after", read_after)
    for number in range(5):
        await anna.send(str(chat), f"{number} 🐻")

    async def have_arrived() -> bool:
        return len(near.frames) == len(far.frames) == 5

    await eventually(have_arrived)
    assert near.frames == far.frames
    assert near.gaps == far.gaps == []
    monkeypatch.undo()
    assert [event_of(frame) for frame in far.frames] == (await anna.events(str(chat)))[-5:]
    for hub, (feed,), recorder in feeds:
        hub.leave(feed, recorder)


async def test_a_notification_that_overtakes_its_events_causes_no_read(
    app: FastAPI, other: FastAPI, anna: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the processor is busy, the bus may be faster than the connection between the processes."""
    monkeypatch.setattr(awaited_events, "GRACE", 3600)
    hub = container_of(other).get(Hub)
    chat = UUID(await open_chat_of(other, anna))
    recorder = Recorder()
    (feed,) = await hub.follow({chat: recorder})
    sent = 0

    async def has_all() -> bool:
        return len(recorder.frames) == sent

    while not feed.is_given:
        # The first events may be overtaken, too.
        sent += 1
        await anna.send(str(chat), "the process gives its events")
        await eventually(has_all)
    reads: list[Any] = []

    async def read_after(afters: Any, *_: int) -> Mapping[UUID, Part]:
        reads.append(afters)
        return {}

    monkeypatch.setattr(hub, "read_after", read_after)
    bus = container_of(other).get(Bus)  # type: ignore[type-abstract]
    bus.notify_stream(chat, recorder.frames[-1].seq + 1)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not reads
    monkeypatch.undo()
    sent += 1
    await anna.send(str(chat), "late")
    await eventually(has_all)
    assert recorder.gaps == []
    hub.leave(feed, recorder)


async def test_events_that_are_announced_and_not_given_are_read(app: FastAPI, other: FastAPI, anna: FakeClient) -> None:
    hub = container_of(other).get(Hub)
    chat = UUID(await open_chat_of(other, anna))
    recorder = Recorder()
    (feed,) = await hub.follow({chat: recorder})
    sent = await anna.send(str(chat), "the process gives its events")

    async def has_one() -> bool:
        return len(recorder.frames) == 1

    await eventually(has_one)
    ok(await anna.patch(f"/chats/{chat}/messages/{sent['seq']}", {"text": "the log has it"}))

    async def has_both() -> bool:
        return [frame.kind for frame in recorder.frames] == ["message.created", "message.edited"]

    await eventually(has_both)
    assert recorder.gaps == []
    hub.leave(feed, recorder)


def event_of(frame: Frame) -> Any:
    return orjson.loads(frame.event)


async def connect_to_writer(
    app: FastAPI, anna: FakeClient, *, limit: int = 1 << 16
) -> tuple[UUID, asyncio.StreamReader, asyncio.StreamWriter]:
    """Returns a chat that this process writes, and a connection to it as another process has one."""
    group = container_of(app).get(Delegation).group
    assert group.folder is not None
    while group.find(chat := UUID(await anna.open_chat())) is not None:
        pass
    return chat, *await asyncio.open_unix_connection(group.folder.path_of(group.name), limit=limit)


async def test_another_process_gets_the_results_of_a_batch_together_with_its_events(
    app: FastAPI, other: FastAPI, anna: FakeClient
) -> None:
    """Results come first. Then a socket there gets its replies and its events in one write."""
    chat, reader, writer = await connect_to_writer(app, anna)
    body = message("один раз 🐻").model_dump_json(exclude_unset=True).encode()
    writer.write(encode(DATA, encode_send(1, chat, anna.uuid, None, body)))
    async with asyncio.timeout(30):
        packet = await reader.read(1 << 16)
    assert [kind for kind, _ in FrameReader().feed(packet)] == [DATA, NEWS]
    writer.close()


async def test_a_process_that_does_not_read_misses_news_and_takes_no_memory(
    app: FastAPI, other: FastAPI, anna: FakeClient
) -> None:
    chat, _, writer = await connect_to_writer(app, anna, limit=1024)
    group = container_of(app).get(Delegation).group
    queue = container_of(app).get(SendQueue)
    for _ in range(6):
        await asyncio.gather(*(queue.submit(chat, anna.uuid, message("я" * 4000)) for _ in range(100)))
    waiting = [session._transport.get_write_buffer_size() for session in group._sessions if session._transport]
    assert 0 < max(waiting) < 3 << 20
    writer.close()


async def test_a_batch_too_large_for_a_frame_is_not_given_and_ends_no_connection(
    app: FastAPI, other: FastAPI, anna: FakeClient
) -> None:
    chat = UUID(await anna.open_chat())
    queue = container_of(app).get(SendQueue)
    hub, recorder = container_of(other).get(Hub), Recorder()
    (feed,) = await hub.follow({chat: recorder})
    links = [*container_of(other).get(Delegation).group._links.values()]
    # White space around a text is not counted, and stored.
    await asyncio.gather(*(queue.submit(chat, anna.uuid, message("я" + "\u3000" * 39_000)) for _ in range(60)))

    async def are_read() -> bool:
        return len(recorder.frames) == 60

    await eventually(are_read)
    assert [link.is_closed for link in links] == [False]
    assert recorder.gaps == []
    hub.leave(feed, recorder)
