"""Events that a process has appended itself are not read, whether subscribers handle them or move past them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID

import orjson
import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.db.cruds.read import find_head_or_start
from app.modules.streams_module.services.log import now
from app.modules.streams_module.services.subscribers import Subscribers, cursor_cache, handling, recent, sweep
from app.modules.streams_module.services.subscribers.cursor_cache import CursorCache
from app.modules.streams_module.services.subscribers.finding import Finding
from app.modules.streams_module.services.subscribers.recent import RecentEvents
from app.modules.streams_module.tests.recording_subscriber import noting, process, texts, until_noted
from app.utils.container import Container
from tests.fakers import FakeClient, ok
from tests.waiting import until

_PAUSES = "SELECT bool_and(next_at > now() + interval '30 min') FROM subscriber_sweep WHERE name LIKE '%noting%'"


@dataclass
class Appending:
    """Sends messages, and says to the subscribers of one process what their events contain."""

    anna: FakeClient
    club: str
    connection: Connection
    subscribers: Subscribers
    bus: MemoryBus

    async def send(self, text: str, shown: str) -> None:
        """Sends a message. `shown`: the text that its event is said to have."""
        await self.anna.send(self.club, text)
        await self.note(shown)
        await self.notify()

    async def note(self, *shown: str) -> None:
        """Notes the last events with these texts."""
        head = await self._head()
        at = await self.connection.fetchval(
            "SELECT at FROM event WHERE stream_id = $1 AND seq = $2", UUID(self.club), head
        )
        events = [orjson.dumps({"text": text}) for text in shown]
        self.subscribers.note_appended(UUID(self.club), head - len(shown), at, events)

    async def notify(self) -> None:
        self.bus.notify_stream(UUID(self.club), await self._head())

    async def _head(self) -> int:
        return (await find_head_or_start(self.connection, UUID(self.club)))[1]


@pytest.fixture
async def appending(
    anna: FakeClient, club: str, container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Appending]:
    """Two subscribers, one of addresses and one of all texts. Both cursors were read before the event was handled."""
    # After its first slice the sweep pauses for an hour. So it finds no event before the test gives notice of it.
    monkeypatch.setattr(sweep, "_BEAT", 3600.0)
    bus = MemoryBus()
    async with process(container, noting(containing="://"), noting("all"), bus=bus) as running:
        await until(connection, _PAUSES)
        appending = Appending(anna, club, connection, running, bus)
        await appending.send("hello", shown="hello")
        await until_noted(connection, club, ["hello"], "all")
        # The sweep and the notification may both have found that event. Once a later one of another chat is handled,
        # this chat is looked at no more.
        other = replace(appending, club=await anna.open_chat())
        await other.send("later", shown="later")
        await until_noted(connection, other.club, ["later"], "all")
        yield appending


async def test_a_process_does_not_read_events_that_it_has_appended_for_subscribers_of_other_texts(
    appending: Appending, club: str, connection: Connection
) -> None:
    await appending.send("a://", shown="another text")
    await until_noted(connection, club, ["hello", "another text"], "all")
    assert await texts(connection, club) == []
    await appending.send("b://", shown="b://")
    # The stored cursor is that of the registration, so all events come together.
    await until_noted(connection, club, ["hello", "another text", "b://"])


async def test_an_idle_subscriber_is_not_called(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    idle = {"is_idle": True}
    subscriber = noting("idle", (), every_kind=True, is_idle=lambda _: idle["is_idle"])
    async with process(container, subscriber, noting("all")):
        await anna.send(club, "passed")
        await until_noted(connection, club, ["passed"], "all")
        assert await texts(connection, club, "idle") == []
        idle["is_idle"] = False
        ok(await anna.put(f"/chats/{club}/messages/1/reactions/👍"))
        # The stored cursor is that of the registration, so all events come together.
        await until_noted(connection, club, ["passed", ""], "idle")


async def test_a_process_handles_what_it_has_appended_without_reading_it(
    appending: Appending, club: str, connection: Connection
) -> None:
    await appending.send("as stored", shown="as noted")
    await until_noted(connection, club, ["hello", "as noted"], "all")


async def test_of_an_edited_message_a_process_handles_the_new_text(
    appending: Appending, anna: FakeClient, club: str, connection: Connection
) -> None:
    message = await anna.send(club, "before")
    await appending.note("before")
    await anna.patch(f"/chats/{club}/messages/{message['seq']}", {"text": "after"})
    await appending.notify()
    await until_noted(connection, club, ["hello", "after"], "all")


async def test_an_edit_is_seen_after_any_number_of_new_messages(
    appending: Appending, anna: FakeClient, club: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handling, "EVENTS_AT_ONCE", 2)
    message = await anna.send(club, "before")
    await appending.note("before")
    for text in ("one", "two"):
        await anna.send(club, text)
    await anna.patch(f"/chats/{club}/messages/{message['seq']}", {"text": "after"})
    await appending.notify()
    await until_noted(connection, club, ["hello", "after", "one", "two"], "all")


async def test_events_after_the_appended_ones_are_read(
    appending: Appending, anna: FakeClient, club: str, connection: Connection
) -> None:
    await anna.send(club, "one")
    await anna.send(club, "two")
    await appending.note("one", "two")
    await anna.send(club, "three")
    await appending.notify()
    await until_noted(connection, club, ["hello", "one", "two", "three"], "all")


async def test_events_in_memory_are_not_handled_in_place_of_earlier_ones(
    appending: Appending, anna: FakeClient, club: str, connection: Connection
) -> None:
    await anna.send(club, "of another process")
    await anna.send(club, "own")
    await appending.note("own")
    await appending.notify()
    await until_noted(connection, club, ["hello", "of another process", "own"], "all")


async def test_events_in_memory_that_a_failover_has_lost_are_not_handled(
    anna: FakeClient, club: str, connection: Connection
) -> None:
    stream_id = UUID(club)
    head = (await find_head_or_start(connection, stream_id))[1]
    memory = RecentEvents()
    memory.note(stream_id, head, head + 1, now(), b'{"text": "lost"}')
    # The replica that took over has not got it.
    assert (await memory.read(connection, {stream_id: head}, 10))[stream_id].events == []
    await anna.send(club, "with its number")
    found = await memory.read(connection, {stream_id: head}, 10)
    assert [(event.seq, orjson.loads(event.data)["text"]) for event in found[stream_id].events] == [
        (head + 1, "with its number")
    ]


async def test_memory_of_appended_events_is_limited(
    appending: Appending, anna: FakeClient, club: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "_MAX_BYTES", 50)
    for text in ("first", "second", "third"):
        await anna.send(club, text)
        await appending.note(f"{text} in memory")
    await appending.notify()
    await until_noted(connection, club, ["hello", "first", "second", "third"], "all")


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
    finding = Finding(container.get(Database), container, {"all": subscriber}, CursorCache(["all"]))
    for stream_id in (first, second):
        await finding.find({stream_id: True})
    # The cursor of the first stream is the least recently used one, and that of the third is new.
    found = await finding.find({first: True, third: True})
    assert set(found.due["all"]) == {first, third}
