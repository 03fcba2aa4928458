"""Link previews of messages."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest

from app.adapters.db.database import Database
from app.modules.previews_module.module import module
from app.modules.previews_module.settings import PreviewSettings
from app.modules.previews_module.tests.previewing import page, read, titles_of, until_idle, until_titled, url_of
from app.settings.app_settings import Mode
from app.utils.container import Container
from tests.adapters.http_servers import RawServer, redirect, response
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok, problem


async def test_the_first_link_of_a_message_gets_a_preview(
    anna: FakeClient, boris: FakeClient, club: str, web: RawServer
) -> None:
    web.pages["/news"] = page("Заголовок", description="О чём это", site_name="Сайт")
    sent = await anna.send(club, f"Смотри: {url_of(web, '/news')}, и ещё {url_of(web, '/other')}")
    assert sent["link_previews"] == []
    await until_titled(boris, club, "Заголовок")
    message = await read(boris, club)
    assert message["link_previews"] == [
        {
            "url": url_of(web, "/news"),
            "title": "Заголовок",
            "description": "О чём это",
            "site_name": "Сайт",
            "attachment_id": None,
            "width": None,
            "height": None,
        }
    ]
    assert message["edited_at"] is None
    assert [request.split()[1] for request in web.requests] == ["/news"]
    created, updated = (await boris.events(club))[-2:]
    assert (created["kind"], updated["kind"]) == ("message.created", "message.updated")
    assert updated["data"]["link_previews"] == created["data"]["link_previews"] == message["link_previews"]


async def test_an_edit_removes_the_preview_of_another_link_at_once(anna: FakeClient, club: str, web: RawServer) -> None:
    web.pages |= {"/a": page("Первая"), "/b": page("Вторая")}
    await anna.send(club, url_of(web, "/a"))
    await until_titled(anna, club, "Первая")
    path = f"/chats/{club}/messages/1"
    assert ok(await anna.patch(path, {"text": f"Вот: {url_of(web, '/a')}"}))["link_previews"] != []
    assert ok(await anna.patch(path, {"text": url_of(web, "/b")}))["link_previews"] == []
    await until_titled(anna, club, "Вторая")
    assert ok(await anna.patch(path, {"text": "Без ссылки"}))["link_previews"] == []


async def test_an_address_in_code_is_not_fetched(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    web.pages |= {"/code": page("Код"), "/link": page("Ссылка")}
    path, message = f"/chats/{club}/messages", {"text_format": "markdown"}
    ok(await anna.post(path, message | {"text": f"👩‍🚀 `{url_of(web, '/code')}`"}))
    ok(await anna.post(path, message | {"text": f"`{url_of(web, '/code')}`, {url_of(web, '/link')}"}))
    await until_titled(anna, club, "Ссылка", seq=2)
    await until_idle(container)
    assert await titles_of(anna, club, 1) == []
    assert [request.split()[1] for request in web.requests] == ["/link"]
    ok(await anna.patch(f"{path}/2", {"text": f"`{url_of(web, '/link')}`"}))
    await until_titled(anna, club, seq=2)


async def test_an_edit_keeps_the_preview_of_a_link_after_code(anna: FakeClient, club: str, web: RawServer) -> None:
    web.pages["/link"] = page("Ссылка")
    text, path = f"@{anna.username} `{url_of(web, '/code')}` {url_of(web, '/link')}", f"/chats/{club}/messages/1"
    await anna.send(club, text, text_format="markdown")
    await until_titled(anna, club, "Ссылка")
    assert ok(await anna.patch(path, {"text": f"{text}!"}))["link_previews"] != []
    assert ok(await anna.patch(path, {"text": f"`{url_of(web, '/link')}`"}))["link_previews"] == []


async def test_a_link_that_an_edit_adds_gets_a_preview(anna: FakeClient, club: str, web: RawServer) -> None:
    web.pages["/"] = page("Позже")
    await anna.send(club, "Сейчас пришлю")
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": url_of(web)}))
    await until_titled(anna, club, "Позже")


async def test_a_message_that_changes_while_its_page_is_fetched_gets_no_stale_preview(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    asked = [asyncio.Event() for _ in range(2)]
    answer = asyncio.Event()

    def slowly(number: int) -> Iterator[bytes]:
        asked[number].set()
        # The server waits between chunks, until the test lets it end.
        while not answer.is_set():
            yield b""
        yield page("Прежняя")

    web.pages |= {"/a": lambda: slowly(0), "/b": lambda: slowly(1), "/c": page("Новая")}
    for path in ("/a", "/b"):
        await anna.send(club, url_of(web, path))
    for event in asked:
        await event.wait()
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": url_of(web, "/c")}))
    ok(await anna.delete(f"/chats/{club}/messages/2"))
    answer.set()
    await until_titled(anna, club, "Новая")
    await until_idle(container)
    assert await titles_of(anna, club) == ["Новая"]
    assert await titles_of(anna, club, 2) == []
    assert "Прежняя" not in str(await anna.events(club))


async def test_a_deleted_message_has_no_preview(anna: FakeClient, club: str, web: RawServer) -> None:
    web.pages["/"] = page("Секрет")
    await anna.send(club, url_of(web))
    await until_titled(anna, club, "Секрет")
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    assert await titles_of(anna, club) == []
    assert "Секрет" not in str(await anna.events(club))


async def test_a_preview_that_its_sender_removes_stays_removed(
    anna: FakeClient, boris: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    web.pages |= {"/a": page("Первая"), "/b": page("Вторая")}
    await boris.send(club, url_of(web, "/a"))
    await until_titled(anna, club, "Первая")
    path = f"/chats/{club}/messages/1"
    problem(await anna.delete(f"{path}/previews"), 403, "forbidden")
    ok(await boris.delete(f"{path}/previews"))
    ok(await boris.delete(f"{path}/previews"))
    assert await titles_of(anna, club) == []
    last = (await anna.events(club))[-1]
    assert (last["kind"], last["data"]["link_previews"]) == ("message.updated", [])
    ok(await boris.patch(path, {"text": url_of(web, "/b")}))
    await until_idle(container)
    assert await titles_of(anna, club) == []
    problem(await boris.delete(f"/chats/{club}/messages/2/previews"), 404, "not_found")


async def test_a_page_is_fetched_once_in_a_while(anna: FakeClient, club: str, web: RawServer) -> None:
    web.pages["/"] = page("Одна на всех")
    await anna.send(club, url_of(web))
    await until_titled(anna, club, "Одна на всех")
    for seq in (2, 3):
        await anna.send(club, f"Ещё раз {url_of(web)}")
        await until_titled(anna, club, "Одна на всех", seq=seq)
    assert web.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        response(b"<title>Not found</title>", status="404 Not Found", content_type="text/html"),
        response(b"<title>Text</title>", content_type="text/plain"),
        response(b"<title>No type</title>"),
        response(b"<p>no title</p>", content_type="text/html"),
        response("<title>\u200b \u202e</title>".encode(), content_type="text/html"),
        redirect("http://169.254.169.254/latest/meta-data/"),
        redirect("/"),
        b"",
    ],
)
async def test_a_page_without_a_title_gives_no_preview(
    anna: FakeClient, club: str, web: RawServer, container: Container, answer: bytes
) -> None:
    web.pages["/"] = answer
    await anna.send(club, url_of(web))
    await until_idle(container)
    assert web.connections > 0
    assert await titles_of(anna, club) == []


async def test_an_address_inside_gives_no_preview(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    await anna.send(club, "http://10.0.0.1/ и http://[::ffff:127.0.0.1]/")
    await anna.send(club, "http://unknown.example/")
    await until_idle(container)
    assert [await titles_of(anna, club, seq) for seq in (1, 2)] == [[], []]
    assert web.connections == 0


async def test_texts_without_a_link_ask_no_one(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    await anna.send(club, "Просто текст, example.com и ftp://site.example/")
    await until_idle(container)
    assert web.connections == 0
    async with container.get(Database).connection() as connection:
        parts = await connection.fetchval("SELECT parts::text FROM message WHERE chat_id = $1", UUID(club))
    assert "link_previews" not in (parts or "")


async def test_a_server_that_disables_previews_fetches_nothing(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    before = container.get(PreviewSettings)
    container.replace(PreviewSettings, PreviewSettings(enable=False))
    try:
        await anna.send(club, url_of(web))
        await until_idle(container)
    finally:
        container.replace(PreviewSettings, before)
    assert web.connections == 0


@pytest.mark.parametrize(
    ("enable", "environment", "is_enabled"),
    [(None, Mode.LOCAL, True), (None, Mode.PROD, False), (True, Mode.PROD, True), (False, Mode.LOCAL, False)],
)
def test_production_asks_for_previews_explicitly(enable: bool | None, environment: Mode, is_enabled: bool) -> None:
    assert PreviewSettings(enable=enable).is_enabled(environment) is is_enabled


async def test_a_deleted_chat_leaves_nothing_behind(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    await anna.send(club, "Без ссылки")
    ok(await anna.delete(f"/chats/{club}/messages/1/previews"))
    ok(await anna.delete(f"/chats/{club}"))

    async def is_gone() -> bool:
        return not await rows(container, "SELECT FROM removed_link_preview")

    await eventually(is_gone)


async def test_doctor_forgets_the_removed_previews_of_messages_deleted_without_the_module(
    anna: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club)
    ok(await anna.delete(f"/chats/{club}/messages/1/previews"))
    (invariant,) = module.invariants
    assert await rows(container, invariant.find) == []
    await rows(container, "UPDATE message SET deleted_at = now()")
    (found,) = await rows(container, invariant.find)
    await rows(container, invariant.fix[0], [found["stream_id"]])
    assert await rows(container, "SELECT FROM removed_link_preview") == []
