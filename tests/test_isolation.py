"""Code that others have registered may raise: it stops nothing else, and no error is silent."""

from collections.abc import Sequence
from functools import partial
from typing import NoReturn
from uuid import UUID

import pytest

from app.adapters.base.bus import Bus
from app.adapters.clients.bus import MemoryBus
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.socket import Following
from app.modules.streams_module.services.frames import Frame
from app.modules.streams_module.services.hub import Feed, Gap, Hub
from app.utils.container import Container
from app.utils.isolation import call_isolated, owner_of
from app.utils.metric_collectors import MetricCollectors
from app.utils.metrics import CALLBACK_ERRORS
from tests.fakers import FakeClient, FakeSocket, ok


class Failing:
    """A follower that raises at each event."""

    def __init__(self) -> None:
        self.failed: list[Feed] = []

    def deliver(self, feed: Feed, frames: Sequence[Frame]) -> NoReturn:
        raise ValueError("this follower is broken")

    def report_gap(self, feed: Feed, gap: Gap) -> NoReturn:
        raise ValueError("this follower is broken")

    def fail(self, feed: Feed) -> None:
        self.failed.append(feed)


def fail(*_: object) -> NoReturn:
    raise RuntimeError("this callback is broken")


def counted(owner: str) -> float:
    return float(CALLBACK_ERRORS.labels(owner)._value.get())


async def test_a_follower_that_raises_is_dropped_and_the_others_get_every_event(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, live_server: str
) -> None:
    hub = container.get(Hub)
    failing = [Failing() for _ in range(3)]
    for follower in failing:
        await hub.follow({UUID(club): follower})
    async with FakeSocket(boris, live_server) as socket:
        for text in ("1", "2", "3"):
            await anna.send(club, text)
        await socket.until(lambda: len(socket.events[club]) >= 3)
        assert [event["data"]["text"] for event in socket.events[club]] == ["1", "2", "3"]
        assert [len(follower.failed) for follower in failing] == [1, 1, 1]
        assert hub.feeds[UUID(club)].followers.keys().isdisjoint(failing)


async def test_a_socket_that_cannot_be_served_is_closed_and_resumes(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    container: Container,
    live_server: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with FakeSocket(boris, live_server) as socket:
        await anna.send(club, "1")
        await socket.until(lambda: len(socket.events[club]) == 1)
        with monkeypatch.context() as patch:
            patch.setattr(Following, "deliver", fail)
            await anna.send(club, "2")
            await socket.until(lambda: socket.close_code is not None)
        assert socket.close_code == 1013
        await socket.connect()
        await socket.until(lambda: len(socket.events[club]) >= 2)
        assert [event["data"]["text"] for event in socket.events[club]] == ["1", "2"]


async def test_a_socket_fills_gaps_in_the_delivery_from_the_log(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, live_server: str
) -> None:
    async with FakeSocket(anna, live_server) as watching, FakeSocket(boris, live_server) as socket:
        feed = container.get(Hub).feeds[UUID(club)]
        (served,) = container.get(Registry).sockets_of(boris.uuid)
        following = served.streams[UUID(club)]
        del feed.followers[following]
        await anna.send(club, "missed")
        await watching.until(lambda: len(watching.events[club]) == 1)
        feed.followers[following] = None
        await anna.send(club, "delivered")
        await socket.until(lambda: len(socket.events[club]) == 2)
        assert [event["data"]["text"] for event in socket.events[club]] == ["missed", "delivered"]
        await anna.send(club, "live again")
        await socket.until(lambda: len(socket.events[club]) == 3)


async def test_sends_go_on_after_a_failed_announcement_of_a_batch(
    anna: FakeClient, club: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More failures than there are writers: each writer releases its chats."""
    monkeypatch.setattr(Hub, "publish", fail)
    monkeypatch.setattr(Bus, "_deliver_stream_heads", fail)
    assert [(await anna.send(club, str(number)))["seq"] for number in range(6)] == [1, 2, 3, 4, 5, 6]


async def test_an_exception_in_an_after_commit_action_affects_neither_the_others_nor_the_request(
    database_address: object, container: Container
) -> None:
    done: list[int] = []
    before = counted(f"{__name__}.fail")
    async with open_unit_of_work(container.get(Database)) as work:
        work.after_commit(lambda: done.append(1))
        work.after_commit(fail)
        work.after_commit(lambda: done.append(2))
    assert done == [1, 2]
    assert counted(f"{__name__}.fail") == before + 1


async def test_actions_of_a_savepoint_that_was_rolled_back_are_not_called(container: Container) -> None:
    done: list[int] = []

    async def fail_after_an_action(work: UnitOfWork) -> None:
        async with work.savepoint():
            work.after_commit(lambda: done.append(2))
            raise ValueError("undone")

    async with open_unit_of_work(container.get(Database)) as work:
        work.after_commit(lambda: done.append(1))
        with pytest.raises(ValueError, match="undone"):
            await fail_after_an_action(work)
        async with work.savepoint():
            work.after_commit(lambda: done.append(3))
    assert done == [1, 3]


async def test_a_change_is_answered_although_its_notification_failed(
    anna: FakeClient, club: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bus, "_deliver_stream_heads", fail)
    assert ok(await anna.patch(f"/chats/{club}", {"title": "Новое имя"}))["title"] == "Новое имя"


async def test_an_exception_in_a_listener_of_the_bus_does_not_stop_the_others() -> None:
    bus = MemoryBus()
    received: list[object] = []
    for listen in (bus.on_stream_heads, bus.on_signal):
        listen(fail)
        listen(received.append)
    bus.notify_stream(UUID(int=1), 7)
    bus.signal({"kind": "typing"})
    assert received == [{UUID(int=1): 7}, {"kind": "typing"}]


def test_a_measurement_that_fails_does_not_keep_the_others_from_being_made() -> None:
    collectors, measured = MetricCollectors(), list[str]()

    def fail() -> None:
        raise LookupError("not measured")

    for measure in (fail, partial(measured.append, "measured")):
        collectors.add(measure)
    collectors.collect()
    assert measured == ["measured"]


def test_an_error_is_logged_under_the_name_of_its_owner() -> None:
    assert owner_of(Failing().fail) == f"{__name__}.Failing.fail"
    assert owner_of(Failing()) == f"{__name__}.Failing"
    assert not call_isolated(fail)
    assert call_isolated(len, "")


def test_a_container_holds_one_service_of_a_type() -> None:
    container = Container()
    container.put(str, "first")
    with pytest.raises(ValueError, match="already has a str"):
        container.put(str, "second")
    assert container.get(str) == "first"
