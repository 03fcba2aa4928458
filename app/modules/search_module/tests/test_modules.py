"""What other modules make of the search: files of messages; and a server without the search."""

import orjson

from app.fastapi_engine.constructor import build_app
from app.modules.attachments_module.tests.uploading import ready
from app.modules.search_module.tests.searching import texts
from app.settings import Settings
from tests.fakers import FakeClient, ok, problem
from tests.servers import served, without


async def test_messages_with_files_are_found(anna: FakeClient, club: str) -> None:
    first, second = [(await ready(anna, data))["id"] for data in (b"first", b"second")]
    await anna.send(club, "отчёт", attachments=[first])
    await anna.send(club, "отчёт без файла")
    await anna.send(club, "", attachments=[second])
    assert await texts(anna, "отчёт has:file") == await texts(anna, "отчёт", has="file") == ["отчёт"]
    assert await texts(anna, "has:file") == ["", "отчёт"]
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    assert await texts(anna, "has:file") == [""]


async def test_without_the_module_for_files_no_message_can_have_one(settings: Settings) -> None:
    async with served(build_app(without(settings, "attachments"))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        problem(await anna.get("/search/messages", q="да has:file"), 422, "validation_error")
        problem(await anna.get("/search/messages", q="да", has="file"), 422, "validation_error")


async def test_messages_that_mention_members_are_found(anna: FakeClient, club: str) -> None:
    await anna.send(club, f"отчёт для @{anna.username}")
    await anna.send(club, "отчёт для @unknown")
    await anna.send(club, f"отчёт `@{anna.username}` **@all**", text_format="markdown")
    await anna.send(club, f"отчёт `@{anna.username}`", text_format="markdown")
    assert [text[:11] for text in await texts(anna, "has:mention")] == ["отчёт `@ann", "отчёт для @"]
    ok(await anna.patch(f"/chats/{club}/messages/3", {"text_format": "plain"}))
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "отчёт"}))
    ok(await anna.patch(f"/chats/{club}/messages/3", {"text": "отчёт"}))
    assert await texts(anna, "отчёт has:mention") == []


async def test_without_the_module_for_mentions_no_message_can_have_one(settings: Settings) -> None:
    async with served(build_app(without(settings, "entities"))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        problem(await anna.get("/search/messages", q="да has:mention"), 422, "validation_error")


async def test_without_the_module_nothing_of_the_search_is_there(settings: Settings) -> None:
    async with served(build_app(without(settings, "search"))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        await anna.send(await anna.open_chat(), "не найти")
        problem(await anna.get("/search/messages", q="найти"), 404, "not_found")
        document = orjson.dumps((await http.get("/openapi.json")).json()).decode()
    for word in ("/search/", "search_building", '"progress":', "FoundMessage"):
        assert word not in document, word
