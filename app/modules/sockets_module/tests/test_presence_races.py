"""Presence of accounts while several things happen to them at once, and across processes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from app.adapters.base.bus import Bus
from app.adapters.clients.bus.memory import MemoryBus
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.modules.sockets_module.services import presence as module
from app.modules.sockets_module.services.presence import Presence
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.socket import Socket
from app.modules.sockets_module.services.sources import Sources
from app.modules.sockets_module.tests.sample_sockets import add_socket, changes
from app.settings import Settings
from app.utils.background import running
from app.utils.container import Container
from tests.clocks import clock_moved_by
from tests.databases import rows
from tests.fakers import FakeClient, FakeSocket, eventually, ok
from tests.servers import listening, served
from tests.waiting import until_waiting

_LOCK = "SELECT FROM account_presence WHERE account_id = $1 FOR UPDATE"
_LAST_SEEN = "SELECT last_seen_at FROM account_presence WHERE account_id = $1"
_LASTS = "SELECT online_until - last_seen_at AS lasts FROM account_presence WHERE account_id = $1"


@pytest.fixture
def presence(container: Container) -> Presence:
    """Not the server's own, which may begin a refresh at any moment."""
    return Presence(container.get(Database), MemoryBus(), container.get(Registry), container.get(Sources))


@pytest.fixture
async def sockets(
    anna: FakeClient, boris: FakeClient, container: Container, presence: Presence
) -> AsyncIterator[list[Socket]]:
    """Sockets of two accounts, in the order in which a refresh stores them."""
    registry = container.get(Registry)
    sockets = [add_socket(container, account_id) for account_id in sorted((anna.uuid, boris.uuid))]
    for socket in sockets:
        await presence.mark_online(socket.identity.account_id)
    yield sockets
    for socket in sockets:
        if socket in registry.sockets_of(socket.identity.account_id):
            registry.remove(socket)
            await presence.mark_offline(socket.identity.account_id)


async def test_an_account_that_leaves_during_a_refresh_is_offline(
    container: Container,
    connection: Connection,
    presence: Presence,
    sockets: list[Socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_REFRESH", 0.01)
    registry = container.get(Registry)
    first, last = (socket.identity.account_id for socket in sockets)

    async def has_refreshed() -> bool:
        return await rows(container, _LAST_SEEN, first) != seen

    seen = await rows(container, _LAST_SEEN, first)
    async with running(presence._keep_refreshing()):
        async with connection.transaction():
            await connection.execute(_LOCK, first)
            await until_waiting(container, 1)
            registry.remove(sockets[1])
            leaving = asyncio.create_task(presence.mark_offline(last))
            # It waits for the refresh, which waits for the lock.
            await asyncio.wait([leaving], timeout=0.3)
        await leaving
        await eventually(has_refreshed)
    ((lasts,),) = await rows(container, _LASTS, last)
    assert lasts == module._OFFLINE_AFTER


async def test_an_account_that_another_process_publishes_as_offline_too_late_is_published_as_online_again(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str, settings: Settings
) -> None:
    other = build_app(settings)

    async def is_connected() -> bool:
        return other.state.container.get(Bus).unavailable_because is None

    async with served(other), FakeSocket(boris, live_server) as socket, FakeSocket(anna, live_server):
        await eventually(is_connected)
        await socket.until(lambda: changes(socket, anna) == [True])
        late = {"account_id": anna.id, "online": False, "last_seen_at": "2026-01-01T12:00:00.000000Z"}
        other.state.container.get(Registry).signal("presence", late, UUID(club))
        await socket.until(lambda: changes(socket, anna) == [True, False, True])
        assert socket.signals[-1]["last_seen_at"] > late["last_seen_at"]


async def test_a_signal_has_the_time_at_which_the_account_was_seen(
    anna: FakeClient, boris: FakeClient, club: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a signal and an account that is read, clients show the later one: both have the clock of the database."""
    # A refresh between the two would move the time.
    monkeypatch.setattr(module, "_REFRESH", 600.0)
    async with (
        listening(build_app(settings)) as address,
        FakeSocket(boris, address) as socket,
        FakeSocket(anna, address),
    ):
        await socket.until(lambda: changes(socket, anna) == [True])
        assert socket.signals[-1]["last_seen_at"] == ok(await boris.get(f"/accounts/{anna.id}"))["last_seen_at"]


async def test_an_account_is_online_on_a_process_whose_clock_is_behind(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "datetime", clock_moved_by(timedelta(minutes=-2)))
    async with FakeSocket(anna, live_server) as socket:
        await socket.ask("typing", chat_id=club, is_typing=True)
        assert ok(await boris.get(f"/accounts/{anna.id}"))["online"]
        (found,) = ok(await boris.get("/accounts", query=anna.username))["items"]
        assert found["online"]


async def test_an_account_that_closes_its_last_socket_at_one_process_stays_online_by_another(
    anna: FakeClient, live_server: str, container: Container, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other process begins now: it corrects the state before its first refresh.
    monkeypatch.setattr(module, "_REFRESH", 600.0)
    other = build_app(settings)

    async def is_connected() -> bool:
        return other.state.container.get(Bus).unavailable_because is None

    async def is_corrected() -> bool:
        ((lasts,),) = await rows(container, _LASTS, anna.uuid)
        return lasts == module._LASTS and await rows(container, _LAST_SEEN, anna.uuid) != seen

    async with listening(other) as there, FakeSocket(anna, there), FakeSocket(anna, live_server) as socket:
        await eventually(is_connected)
        await socket.ask("ping")
        seen = await rows(container, _LAST_SEEN, anna.uuid)
        await socket.cut()
        await eventually(is_corrected)
