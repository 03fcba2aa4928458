"""Background work and requests end at shutdown, whatever happens at that moment."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.modules.chats_module.services.deletion import Deletions
from app.modules.streams_module.services.hub import Hub
from app.modules.streams_module.services.log import Log
from app.settings import Settings
from app.utils.background import running
from app.utils.container import Container
from tests.fakers import problem
from tests.servers import listening


class Bus(MemoryBus):
    def come_back(self) -> None:
        self._report_reconnect()


@pytest.fixture
async def nowhere() -> AsyncIterator[Database]:
    """A database that is not running."""
    async with Database(DatabaseAddress("/nowhere", 1, "user", "", "nothing")).connected() as database:
        yield database


@pytest.mark.parametrize("steps", range(5))
async def test_a_bus_that_reconnects_during_shutdown_does_not_delay_it(nowhere: Database, steps: int) -> None:
    bus = Bus()
    async with asyncio.timeout(30) as deadline:
        async with Hub(nowhere, bus).working():
            await asyncio.sleep(0.01)
            bus.come_back()
            for _ in range(steps):
                await asyncio.sleep(0)
    assert not deadline.expired()


@pytest.mark.parametrize("steps", range(5))
async def test_a_chat_deleted_during_shutdown_does_not_delay_it(nowhere: Database, steps: int) -> None:
    deletions = Deletions(nowhere, Log(Bus()), (), Container())
    async with asyncio.timeout(30) as deadline:
        async with running(deletions.keep_deleting()):
            await asyncio.sleep(0.05)
            deletions.wake()
            for _ in range(steps):
                await asyncio.sleep(0)
    assert not deadline.expired()


async def test_a_request_that_outlasts_the_grace_of_a_shutdown_is_refused_with_503(base_settings: Settings) -> None:
    app, has_begun = build_app(base_settings), asyncio.Event()

    @app.get("/endless")
    async def wait() -> None:
        has_begun.set()
        await asyncio.Event().wait()

    async with httpx.AsyncClient(timeout=30) as http:
        async with listening(app, timeout_graceful_shutdown=0) as address:
            answering = asyncio.create_task(http.get(f"http://{address}/endless"))
            await has_begun.wait()
        answer = await answering
    assert problem(answer, 503, "unavailable")["detail"] == "The server is shutting down"
    assert answer.headers["Retry-After"] == "1"
