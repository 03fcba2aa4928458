"""What is hidden from accounts with sockets is read again by one task, however often that is necessary."""

import asyncio
from collections.abc import Collection
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.adapters.base.bus import Bus
from app.adapters.errors import PoolExhausted
from app.modules.accounts_module.extension import PresenceFilter
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.sockets_module.services import hidden_accounts
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.socket import Socket
from app.modules.sockets_module.tests.sample_sockets import add_socket
from app.services.context import Context
from app.settings import Settings
from app.utils.container import Container
from app.utils.module import Module
from tests.fakers import eventually
from tests.servers import build_with

TIMES = 20


class SlowFilter:
    """Hides accounts from everyone. Each read waits for `may_end`, and returns what was hidden at its beginning.

    With `errors` it raises one of them.
    """

    def __init__(self) -> None:
        self.hidden: set[UUID] = set()
        self.viewers: list[UUID] = []
        self.errors: list[Exception] = []
        self.running = self.most = 0
        self.may_end = asyncio.Event()

    async def list_hidden(
        self, context: Context, viewer: UUID, account_ids: Collection[UUID] | None, limit: int | None
    ) -> Collection[UUID]:
        self.viewers.append(viewer)
        hidden = set(self.hidden)
        self.running += 1
        self.most = max(self.most, self.running)
        await self.may_end.wait()
        self.running -= 1
        if self.errors:
            raise self.errors.pop()
        return hidden

    async def is_reading(self) -> bool:
        return self.running > 0

    def is_shown_by(self, socket: Socket) -> bool:
        """Returns True if the socket has read what is hidden now."""
        return socket.hidden == set(map(str, self.hidden))


@pytest.fixture
async def slow() -> SlowFilter:
    return SlowFilter()


@pytest.fixture
async def app(settings: Settings, slow: SlowFilter, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    module = Module(name="slow", description="", contributes=(PresenceFilter("slow", slow.list_hidden),))
    return build_with(settings, monkeypatch, module)


@pytest.mark.usefixtures("live_server")
async def test_reconnections_of_the_bus_cause_one_read_at_a_time_and_the_newest_state(
    container: Container, slow: SlowFilter
) -> None:
    socket = add_socket(container, uuid4())

    async def is_newest() -> bool:
        return slow.is_shown_by(socket)

    for _ in range(TIMES):
        slow.hidden.add(uuid4())
        container.get(Bus)._report_reconnect()  # type: ignore[type-abstract]
        await eventually(slow.is_reading)
    slow.may_end.set()
    await eventually(is_newest)
    assert slow.most == 1
    assert len(slow.viewers) < TIMES
    container.get(Registry).remove(socket)


@pytest.mark.usefixtures("live_server")
async def test_a_known_change_is_read_before_those_that_may_have_been_missed(
    container: Container, slow: SlowFilter
) -> None:
    sockets = [add_socket(container, uuid4()) for _ in range(TIMES)]
    last = sockets[-1].identity.account_id

    async def are_read() -> bool:
        return set(slow.viewers) == {socket.identity.account_id for socket in sockets}

    container.get(Bus)._report_reconnect()  # type: ignore[type-abstract]
    await eventually(slow.is_reading)
    container.get(PresenceFilters).announce(last)
    slow.may_end.set()
    await eventually(are_read)
    assert slow.viewers.index(last) <= 1
    for socket in sockets:
        container.get(Registry).remove(socket)


@pytest.mark.usefixtures("live_server")
async def test_a_change_that_a_busy_database_does_not_show_is_read_again_a_moment_later(
    container: Container, slow: SlowFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hidden_accounts, "_RETRY", 0.01)
    socket = add_socket(container, uuid4())

    async def is_newest() -> bool:
        return slow.is_shown_by(socket)

    slow.hidden.add(uuid4())
    slow.errors.append(PoolExhausted())
    slow.may_end.set()
    container.get(PresenceFilters).announce(socket.identity.account_id)
    await eventually(is_newest)
    assert len(slow.viewers) == 2
    container.get(Registry).remove(socket)


@pytest.mark.usefixtures("live_server")
async def test_a_read_for_a_closed_socket_does_not_replace_what_a_later_one_has_read(
    container: Container, slow: SlowFilter
) -> None:
    registry, account_id = container.get(Registry), uuid4()
    closed = add_socket(container, account_id)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(registry.hidden.load(account_id))
        await eventually(slow.is_reading)
        registry.remove(closed)
        slow.hidden.add(uuid4())
        socket = add_socket(container, account_id)
        earlier, slow.may_end = slow.may_end, asyncio.Event()
        slow.may_end.set()
        await registry.hidden.load(account_id)
        earlier.set()
    assert slow.is_shown_by(socket)
    registry.remove(socket)
