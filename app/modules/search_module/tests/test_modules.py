"""What other modules make of the search: one that adds files to messages; and a server without the search."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import orjson
import pytest

from app.fastapi_engine import constructor
from app.fastapi_engine.constructor import build_app
from app.modules.messages_module.extension import MessagePart
from app.modules.search_module.tests.searching import texts
from app.settings import Settings
from app.settings.modules_settings import ModulesSettings
from app.utils.module import Module
from app.utils.setup_modules import discover_modules
from tests.fakers import FakeClient, ok, problem
from tests.servers import served

FILES = Module(
    name="files_of_messages",
    description="Messages with files",
    depends_on=("messages",),
    contributes=(MessagePart("attachments", list[str], list[str], list[str], empty=[], replaces_text=True),),
)


@pytest.fixture
async def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """An application whose messages may have files."""
    monkeypatch.setattr(constructor, "discover_modules", lambda: discover_modules() | {FILES.name: FILES})
    async with served(build_app(settings)) as http:
        yield http


async def test_messages_with_files_are_found_where_a_module_adds_files(anna: FakeClient, club: str) -> None:
    await anna.send(club, "отчёт", attachments=["a.pdf"])
    await anna.send(club, "отчёт без файла")
    await anna.send(club, "", attachments=["b.pdf"])
    assert await texts(anna, "отчёт has:file") == await texts(anna, "отчёт", has="file") == ["отчёт"]
    assert await texts(anna, "has:file") == ["", "отчёт"]
    ok(await anna.patch(f"/chats/{club}/messages/1", {"attachments": []}))
    assert await texts(anna, "has:file") == [""]


async def test_without_the_module_nothing_of_the_search_is_there(settings: Settings) -> None:
    switched_off = replace(settings, modules=ModulesSettings(enabled_modules=("BASE", "-search")))
    async with served(build_app(switched_off)) as http:
        anna = await FakeClient.sign_up(http, "anna")
        await anna.send(await anna.open_chat(), "не найти")
        problem(await anna.get("/search/messages", q="найти"), 404, "not_found")
        document = orjson.dumps((await http.get("/openapi.json")).json()).decode()
    for word in ("/search/", "search_building", "progress", "FoundMessage"):
        assert word not in document, word
