"""Images of link previews."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from os import urandom
from uuid import UUID

import pytest

from app.adapters.db.database import Database
from app.modules.attachments_module.db.invariants import INVARIANTS
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.pictures import opened, picture, with_exif
from app.modules.attachments_module.tests.uploading import collect, download, processed, ready
from app.modules.previews_module.tests.previewing import page, read, send_link, until_shown, until_titled, url_of
from app.utils.container import Container
from tests.adapters.http_servers import RawServer, redirect, response
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok, problem


@pytest.fixture(autouse=True)
async def consistent_tables(container: Container) -> AsyncIterator[None]:
    """After each test doctor finds nothing in the tables of files."""
    yield
    assert [row for invariant in INVARIANTS for row in await rows(container, invariant.find)] == []


async def until_nothing_is_stored(container: Container) -> None:
    """Waits until no row is left of any file."""
    tables = ("attachment", "attachment_content", "attachment_piece", "message_attachment")

    async def is_nothing() -> bool:
        await collect(container)
        return not await rows(container, " UNION ALL ".join(f"SELECT FROM {table}" for table in tables))

    await eventually(is_nothing)


async def until_previewed(container: Container) -> None:
    """Waits until no job is left that fetches or decodes."""

    async def is_idle() -> bool:
        return not await rows(container, "SELECT FROM job WHERE name IN ('previews.add', 'attachments.image')")

    await eventually(is_idle)


async def test_members_see_the_image_of_a_page(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str, web: RawServer
) -> None:
    await send_link(anna, club, web, response(with_exif("JPEG", size=(800, 400)), content_type="image/jpeg"))
    preview = await until_shown(boris, club)
    assert (preview["title"], preview["width"], preview["height"]) == ("Заголовок", 800, 400)
    assert [request.split()[1] for request in web.requests] == ["/news", "/news.png"]
    path = f"/attachments/{preview['attachment_id']}"
    image = ok(await boris.get(path))
    assert (image["state"], [one["name"] for one in image["previews"]]) == ("ready", ["small", "large"])
    small = await download(boris, image["previews"][0]["url"])
    assert (small.status_code, opened(small.content).size) == (200, (320, 160))
    original = await download(boris, image["url"])
    assert b"GPS" not in original.content
    assert image["blurhash"]
    problem(await stranger.get(path), 404, "not_found")
    # It is none of the files of the message, and nothing that its sender has uploaded.
    assert (await read(boris, club))["attachments"] == []
    assert ok(await boris.get(f"/chats/{club}/attachments"))["items"] == []
    assert [event["kind"] for event in await anna.own_events() if "attachment" in event["kind"]] == []
    created, *_, updated = [event for event in await boris.events(club) if event["kind"].startswith("message.")]
    assert updated["data"]["link_previews"] == created["data"]["link_previews"] == [preview]
    problem(await anna.delete(path), 409, "attachment_taken")
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    problem(await boris.get(path), 404, "not_found")
    assert (await download(boris, image["url"])).status_code == 404


@pytest.mark.parametrize("how", ["edit", "remove", "delete message", "delete chat"])
async def test_the_image_goes_with_its_preview(
    anna: FakeClient, club: str, web: RawServer, container: Container, how: str
) -> None:
    await send_link(anna, club, web, response(picture("PNG")))
    image = ok(await anna.get(f"/attachments/{(await until_shown(anna, club))['attachment_id']}"))
    message = f"/chats/{club}/messages/1"
    match how:
        case "edit":
            ok(await anna.patch(message, {"text": "Без ссылки"}))
        case "remove":
            ok(await anna.delete(f"{message}/previews"))
        case "delete message":
            ok(await anna.delete(message))
        case _:
            ok(await anna.delete(f"/chats/{club}"))
    problem(await anna.get(f"/attachments/{image['id']}"), 404, "not_found")
    assert (await download(anna, image["url"])).status_code == 404
    await until_nothing_is_stored(container)


async def test_an_edit_of_the_words_keeps_the_image(anna: FakeClient, club: str, web: RawServer) -> None:
    await send_link(anna, club, web, response(picture("PNG")))
    preview = await until_shown(anna, club)
    text = f"Смотри: {preview['url']}"
    assert ok(await anna.patch(f"/chats/{club}/messages/1", {"text": text}))["link_previews"] == [preview]
    assert ok(await anna.get(f"/attachments/{preview['attachment_id']}"))["state"] == "ready"


async def test_files_of_the_message_stay_when_the_preview_goes(anna: FakeClient, club: str, web: RawServer) -> None:
    file = await ready(anna, b"12345")
    web.pages |= {"/news": page("Заголовок", image="/a.png"), "/a.png": response(picture("PNG"))}
    await anna.send(club, url_of(web, "/news"), attachments=[file["id"]])
    await until_shown(anna, club)
    ok(await anna.delete(f"/chats/{club}/messages/1/previews"))
    assert [one["id"] for one in (await read(anna, club))["attachments"]] == [file["id"]]
    assert ok(await anna.get(f"/attachments/{file['id']}"))["state"] == "ready"


@pytest.mark.parametrize(
    "image",
    [
        response(b"<svg xmlns='http://www.w3.org/2000/svg'/>", content_type="image/svg+xml"),
        response(picture("PNG")[:60], content_type="image/png"),
        response(b"GIF89a" + urandom(100), content_type="image/gif"),
        response(picture("PNG"), status="403 Forbidden"),
        response(picture("PNG") + bytes(5 * 1_048_576)),
        redirect("http://10.0.0.1/a.png"),
        redirect("http://127.0.0.1:1/a.png"),
        b"",
    ],
    ids=["svg", "cut", "broken", "status", "size", "network", "loopback", "nothing"],
)
async def test_what_is_no_image_leaves_the_preview_without_one(
    anna: FakeClient, club: str, web: RawServer, container: Container, image: bytes
) -> None:
    await send_link(anna, club, web, image)
    await until_titled(anna, club, "Заголовок")
    await until_previewed(container)
    (preview,) = (await read(anna, club))["link_previews"]
    assert (preview["attachment_id"], preview["width"], preview["height"]) == (None, None, None)
    await until_nothing_is_stored(container)
    assert [row["bytes"] for row in await rows(container, "SELECT bytes FROM attachment_usage WHERE bytes > 0")] == []


async def test_an_image_counts_for_the_quota_of_the_sender(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    settings = container.get(AttachmentSettings)
    container.replace(AttachmentSettings, settings.model_copy(update={"quota_bytes": 10}))
    try:
        await send_link(anna, club, web, response(picture("PNG")), "/full")
        await until_titled(anna, club, "Заголовок")
        await until_previewed(container)
        assert (await read(anna, club))["link_previews"][0]["attachment_id"] is None
        await until_nothing_is_stored(container)
    finally:
        container.replace(AttachmentSettings, settings)
    await send_link(anna, club, web, response(picture("PNG")))
    image = await processed(anna, (await until_shown(anna, club, 2))["attachment_id"])
    (used,) = await rows(container, "SELECT bytes FROM attachment_usage WHERE account_id = $1", UUID(anna.id))
    assert used["bytes"] == image["size"]


async def test_a_message_that_changes_while_its_image_is_fetched_gets_no_stale_image(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    def slowly() -> Iterator[bytes]:
        asked.set()
        while not answer.is_set():
            yield b""
        yield response(picture("PNG"))

    web.pages |= {"/a": page("Прежняя", image="/a.png"), "/a.png": slowly, "/b": page("Новая")}
    await anna.send(club, url_of(web, "/a"))
    await asked.wait()
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": url_of(web, "/b")}))
    answer.set()
    await until_titled(anna, club, "Новая")
    await until_previewed(container)
    assert (await read(anna, club))["link_previews"][0]["attachment_id"] is None
    await until_nothing_is_stored(container)


async def test_a_job_that_runs_again_leaves_one_image(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    from app.adapters.db.unit_of_work import open_unit_of_work
    from app.modules.jobs_module.extension import Jobs
    from app.modules.previews_module.services.fetching import ADD_PREVIEW, ToPreview

    await send_link(anna, club, web, response(picture("PNG")))
    await until_shown(anna, club)
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Jobs).enqueue(work, ADD_PREVIEW, ToPreview(chat_id=UUID(club), seq=1))
    await until_previewed(container)
    await collect(container)

    async def is_one() -> bool:
        return [row["state"] for row in await rows(container, "SELECT state FROM attachment")] == ["ready"]

    await eventually(is_one)
    shown = await until_shown(anna, club)
    assert ok(await anna.get(f"/attachments/{shown['attachment_id']}"))["state"] == "ready"
