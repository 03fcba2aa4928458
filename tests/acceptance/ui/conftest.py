"""Eve, who uses the page."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, Page, Request, Route

from app.adapters.db.connection import Connection
from app.modules.push_module.tests.devices import PushService, push_service_for
from app.utils.container import Container
from tests.acceptance.ui.pushed import PushedReader, pushed_reader
from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient
from tests.servers import client_of_port

Forget = Callable[[str], Awaitable[None]]
PIECE = 4 * 1024 * 1024
FILM = bytes(range(256)) * (2 * PIECE // 256) + b"the end"

server = client_of_port


class Busy:
    """Requests of a page to addresses of one form are answered with 503 until the test ends that."""

    def __init__(self, page: Page, url: str) -> None:
        self._page, self._url, self._asked = page, url, asyncio.Event()

    @classmethod
    async def begin(cls, page: Page, url: str) -> "Busy":
        busy = cls(page, url)
        await page.route(url, busy._refuse)
        return busy

    async def _refuse(self, route: Route) -> None:
        await route.fulfill(status=503, json={"code": "unavailable", "title": "Unavailable"})
        self._asked.set()

    async def end_once_asked(self) -> None:
        await asyncio.wait_for(self._asked.wait(), 30)
        await self._page.unroute(self._url, self._refuse)


class HeldPieces:
    """Requests that add the second and later pieces of an upload: they wait, and never reach the server."""

    def __init__(self, reader: Reader) -> None:
        self._page = reader.page
        self._is_over = False
        self.waiting: list[Route] = []
        self.offsets: list[int] = []
        self._page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.method == "PATCH" and "/attachments/" in request.url:
            self.offsets.append(int(request.headers["upload-offset"]))

    async def _hold(self, route: Route) -> None:
        is_later_piece = route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0"
        if is_later_piece and not self._is_over:
            self.waiting.append(route)
        else:
            await route.continue_()

    async def begin(self) -> None:
        await self._page.route("**/attachments/*", self._hold)

    def end(self) -> None:
        """Lets later requests pass."""
        self._is_over = True

    async def is_held(self) -> bool:
        return bool(self.waiting)


@pytest.fixture
async def her(server: httpx.AsyncClient) -> FakeClient:
    """Eve's account."""
    return await FakeClient.sign_up(server, "eve", "Ева")


@pytest.fixture
async def eve(browser: Browser, live_server: str, her: FakeClient) -> AsyncIterator[Reader]:
    """Eve at the page, signed in. Errors in her browser and requests to other hosts fail the test."""
    reader = await Reader.open_signed_in(browser, live_server, her)
    yield reader
    await reader.context.close()
    assert reader.complaints == []
    assert reader.strangers == []


@pytest.fixture
async def push_service(container: Container) -> AsyncIterator[PushService]:
    async with push_service_for(container) as service:
        yield service


@pytest.fixture
async def pushed(
    browser: Browser, live_server: str, her: FakeClient, push_service: PushService
) -> AsyncIterator[PushedReader]:
    """Eve at the page, in a browser that receives pushes."""
    async with pushed_reader(browser, live_server, her, push_service) as pushed:
        yield pushed


@pytest.fixture
async def yard(her: FakeClient, anna: FakeClient) -> str:
    """A group of Anna and Eve."""
    return await anna.open_chat(her, title="Двор")


@pytest.fixture
def forget(sql: Connection) -> Forget:
    """Deletes all events of a stream but the last, as if they were too old."""

    async def forget(stream_id: str) -> None:
        await sql.execute(
            "DELETE FROM event e USING stream s WHERE s.id = $1 AND e.stream_id = s.id AND e.seq < s.last_seq",
            UUID(stream_id),
        )
        await sql.execute("UPDATE stream SET first_seq = last_seq WHERE id = $1", UUID(stream_id))

    return forget


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of three pieces."""
    file = tmp_path / "Фильм.bin"
    file.write_bytes(FILM)
    return file


@pytest.fixture
async def phone(browser: Browser, live_server: str, her: FakeClient, yard: str) -> AsyncIterator[Reader]:
    """Eve with a phone."""
    assert yard
    reader = await Reader.open_signed_in(browser, live_server, her, **PHONE)
    yield reader
    await reader.context.close()
    assert reader.complaints == []
