"""An account with two sockets, of which the first one fails during its hello."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.modules.accounts_module.extension import PresenceFilter
from app.modules.sockets_module.services.socket import TRY_AGAIN
from app.modules.sockets_module.tests.sample_sockets import changes
from app.services.context import Context
from app.settings import Settings
from app.utils.module import Module
from tests.fakers import FakeClient, FakeSocket, ok
from tests.servers import build_with


class FailingFilter:
    """Hides no account. The first read for the viewer waits for `may_fail`, and fails."""

    def __init__(self) -> None:
        self.viewer: UUID | None = None
        self.is_waiting, self.may_fail = asyncio.Event(), asyncio.Event()

    async def list_hidden(
        self, context: Context, viewer: UUID, account_ids: Collection[UUID] | None, limit: int | None
    ) -> Collection[UUID]:
        if viewer == self.viewer and not self.is_waiting.is_set():
            self.is_waiting.set()
            await self.may_fail.wait()
            raise RuntimeError
        return ()


@pytest.fixture
async def failing() -> FailingFilter:
    return FailingFilter()


@pytest.fixture
async def app(settings: Settings, failing: FailingFilter, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    module = Module(name="failing", description="", contributes=(PresenceFilter("failing", failing.list_hidden),))
    return build_with(settings, monkeypatch, module)


@pytest.mark.usefixtures("club")
async def test_an_account_is_online_if_its_first_socket_fails_while_the_second_one_is_open(
    anna: FakeClient, boris: FakeClient, live_server: str, failing: FailingFilter
) -> None:
    failing.viewer = anna.uuid
    first = FakeSocket(anna, live_server)
    async with FakeSocket(boris, live_server) as socket:
        refused = asyncio.create_task(first.refused())
        await failing.is_waiting.wait()
        async with FakeSocket(anna, live_server):
            failing.may_fail.set()
            assert await refused == TRY_AGAIN
            await socket.until(lambda: changes(socket, anna) == [True])
            assert ok(await boris.get(f"/accounts/{anna.id}"))["online"]
    await first.cut()
