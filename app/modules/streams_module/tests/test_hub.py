"""The hub of a process that gets no notifications: what it reads, and for whom."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.database import Database
from app.modules.streams_module.db.cruds.read import Part
from app.modules.streams_module.services import hub as hubs
from app.modules.streams_module.services.frames import make_frames
from app.modules.streams_module.services.hub import Hub
from app.modules.streams_module.tests.recording_follower import Recorder
from app.utils.background import running
from app.utils.container import Container
from tests.fakers import FakeClient, eventually


class OvertakenHub(Hub):
    """Another process gives the events that this one is reading."""

    async def read_after(self, afters: Mapping[UUID, int], limit: int, size: int) -> Mapping[UUID, Part]:
        parts = await super().read_after(afters, limit, size)
        for stream_id, (events, _) in parts.items():
            self.publish(stream_id, partial(make_frames, str(stream_id), events), events[0]["seq"], given=True)
        return parts


async def test_events_that_come_while_they_are_read_are_delivered_once(
    anna: FakeClient, club: str, container: Container
) -> None:
    hub, recorder = OvertakenHub(container.get(Database), MemoryBus()), Recorder()
    (feed,) = await hub.follow({UUID(club): recorder})
    await anna.send(club)
    await hub._read([feed])
    assert [frame.kind for frame in recorder.frames] == ["message.created"]
    assert recorder.gaps == []


async def test_events_without_a_notification_are_found_in_all_streams_however_few_are_read_at_once(
    anna: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_SWEEP_SLICE", "_FEEDS_AT_ONCE"):
        monkeypatch.setattr(hubs, name, 1)
    hub = Hub(container.get(Database), MemoryBus())
    recorders = {await anna.open_chat(): Recorder() for _ in range(3)}
    for chat, recorder in recorders.items():
        await hub.follow({UUID(chat): recorder})
        await anna.send(chat)

    async def have_all() -> bool:
        return all(len(recorder.frames) == 1 for recorder in recorders.values())

    async with running(hub._keep_reading()):
        await hub._sweep()
        await eventually(have_all)


async def test_notifications_of_a_stream_are_taken_as_long_as_it_is_followed(club: str, container: Container) -> None:
    hub, stream_id = Hub(container.get(Database), MemoryBus()), UUID(club)
    first, second = Recorder(), Recorder()
    await hub.follow({stream_id: first})
    (feed,) = await hub.follow({stream_id: second})
    hub.leave(feed, first)
    assert hub.follows(stream_id.int)
    hub.leave(feed, second)
    assert not hub.follows(stream_id.int)
