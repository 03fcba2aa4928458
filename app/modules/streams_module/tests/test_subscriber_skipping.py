"""Events that a process has appended itself: cursors move past them without a read if no subscriber handles them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.db.cruds.read import find_head
from app.modules.streams_module.services.subscribers import Subscribers, cursor_cache
from app.modules.streams_module.services.subscribers.cursor_cache import CursorCache
from app.modules.streams_module.services.subscribers.finding import Finding
from app.modules.streams_module.tests.recording_subscriber import noting, process, texts, until_noted
from app.utils.container import Container
from tests.fakers import FakeClient


@dataclass
class Appending:
    """Sends messages, and says to the subscribers of one process what their events contain."""

    anna: FakeClient
    club: str
    connection: Connection
    subscribers: Subscribers
    bus: MemoryBus

    async def send(self, text: str, shown: str) -> None:
        """Sends a message. `shown`: what its event is said to contain."""
        await self.anna.send(self.club, text)
        stream_id = UUID(self.club)
        found = await find_head(self.connection, stream_id)
        assert found is not None
        head = found[1]
        self.subscribers.note_appended(stream_id, head - 1, "message.created", [shown.encode()])
        self.bus.notify_stream(stream_id, head)


@pytest.fixture
async def appending(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> AsyncIterator[Appending]:
    """Two subscribers, one of addresses and one of all texts. Both cursors were read before the event was handled."""
    bus = MemoryBus()
    async with process(container, noting(containing="://"), noting("all"), bus=bus) as running:
        appending = Appending(anna, club, connection, running, bus)
        await appending.send("hello", shown="hello")
        await until_noted(connection, club, ["hello"], "all")
        yield appending


async def test_a_process_does_not_read_events_that_it_has_appended_for_subscribers_of_other_texts(
    appending: Appending, club: str, connection: Connection
) -> None:
    await appending.send("a://", shown="another text")
    await until_noted(connection, club, ["hello", "a://"], "all")
    assert await texts(connection, club) == []
    await appending.send("b://", shown="b://")
    # The stored cursor is that of the registration, so all events come together.
    await until_noted(connection, club, ["hello", "a://", "b://"])


async def test_events_before_the_appended_ones_are_still_handled(
    appending: Appending, anna: FakeClient, club: str, connection: Connection
) -> None:
    # As if another process had sent it, whose notification is late or lost.
    await anna.send(club, "a://")
    await appending.send("bye", shown="bye")
    await until_noted(connection, club, ["hello", "a://", "bye"])


async def test_cursors_of_one_round_are_not_dropped_for_others_of_the_same_round(
    anna: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursor_cache, "MAX_KNOWN", 2)
    first, second, third = [UUID(await anna.open_chat()) for _ in range(3)]
    subscriber = noting("all", ("message.*", "member.*"))
    finding = Finding(container.get(Database), {"all": subscriber}, CursorCache(["all"]))
    for stream_id in (first, second):
        await finding.find({stream_id: True})
    # The cursor of the first stream is the least recently used one, and that of the third is new.
    found = await finding.find({first: True, third: True})
    assert set(found.due["all"]) == {first, third}
