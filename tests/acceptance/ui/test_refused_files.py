"""Files that the page cannot upload, and a server without files."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from playwright.async_api import Browser, FilePayload, expect

from app.fastapi_engine.constructor import build_app
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.pictures import declared_png
from app.settings import Settings
from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient
from tests.servers import http_client, listening, without


@pytest.fixture
async def small(settings: Settings) -> AsyncIterator[str]:
    """A server that stores little; its address."""
    own = settings.own[AttachmentSettings]
    limits = {"max_bytes": 2000, "quota_bytes": 3000}
    async with listening(build_app(replace(settings, own={AttachmentSettings: own.model_copy(update=limits)}))) as one:
        yield one


async def test_what_goes_wrong_is_said_in_words(browser: Browser, small: str) -> None:
    async with http_client(f"http://{small}") as http:
        anna, boris = await FakeClient.sign_up(http, "anna", "Анна"), await FakeClient.sign_up(http, "boris", "Борис")
        await anna.open_chat(boris, title="Двор")
        reader = await Reader.open_signed_in(browser, small, boris)
    page = reader.page
    await reader.open("Двор")

    def file(name: str, data: bytes) -> FilePayload:
        return {"name": name, "mimeType": "application/octet-stream", "buffer": data}

    files = [file("1", b"x" * 2001), file("2", b"y" * 1900), file("3.png", declared_png(9, 9)), file("4", b"x" * 1500)]
    for one in files:
        await page.locator("input[type=file]").set_input_files(one)
        await expect(page.locator(".tray .upload").last.locator(".file-name")).to_have_text(one["name"])
        await expect(page.locator(".tray .upload.running")).to_have_count(0)
    errors = page.locator(".tray .error")
    await expect(errors).to_have_text(
        [
            "The file is too large for this server.",
            "The image is broken.",
            re.compile("^There is no space left for your files."),
        ]
    )
    await reader.write("Файлы")
    unfinished = page.get_by_text("Remove the files that failed, or try again.")
    await expect(unfinished).to_be_visible()
    for name in ("1", "3.png", "4"):
        await page.get_by_role("button", name=f"Remove {name}", exact=True).click()
    await expect(page.locator(".tray .upload")).to_have_count(1)
    await expect(unfinished).to_have_count(0)
    await reader.composer.press("Enter")
    await expect(page.get_by_role("link", name="2")).to_be_visible()
    await page.locator("input[type=file]").set_input_files([file(str(number), b"") for number in range(11)])
    await expect(page.get_by_text("A message has at most 10 files.")).to_be_visible()
    await expect(page.locator(".tray .upload")).to_have_count(10)
    reader.ignore_complaints("413", "507")
    assert reader.complaints == []
    await reader.context.close()


async def test_a_file_that_keeps_a_message_from_being_sent_is_scrolled_into_view(browser: Browser, small: str) -> None:
    async with http_client(f"http://{small}") as http:
        anna = await FakeClient.sign_up(http, "anna", "Анна")
        await anna.open_chat(title="Двор")
        reader = await Reader.open_signed_in(browser, small, anna, **PHONE)
    page = reader.page
    await reader.open("Двор")
    files: list[FilePayload] = [
        {"name": f"{number}.txt", "mimeType": "text/plain", "buffer": b"x" * (2001 if number == 7 else 1)}
        for number in range(8)
    ]
    await page.locator("input[type=file]").set_input_files(files)
    await expect(page.locator(".tray .failed")).to_have_count(1)
    await expect(page.locator(".tray .failed")).not_to_be_in_viewport()
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".tray .failed")).to_be_in_viewport(ratio=1)
    await reader.context.close()
    reader.ignore_complaints("413")
    assert reader.complaints == []


async def test_without_files_and_entities_the_page_has_no_trace_of_them(browser: Browser, settings: Settings) -> None:
    async with listening(build_app(without(settings, "attachments", "entities"))) as address:
        async with http_client(f"http://{address}") as http:
            anna = await FakeClient.sign_up(http, "anna", "Анна")
            await anna.open_chat(title="Двор")
        reader = await Reader.open_window(browser, address)
        page = reader.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await reader.sign_in(anna.username)
        await reader.open("Двор")
        await reader.write("Без файлов")
        await reader.sees("Без файлов")
        await expect(page.get_by_role("button", name="Attach files")).to_have_count(0)
        await expect(page.locator("input[type=file]")).to_have_count(0)
        await page.locator("#search").fill("файл")
        await page.get_by_text("Filters").click()
        await expect(page.get_by_label("Contains").locator("option")).to_have_text(["any", "a link"])
        assert [url for url in asked if "/attachments" in url and "/api/" in url] == []
        assert await page.evaluate("indexedDB.databases()") == []
        assert reader.complaints == []
        await reader.context.close()
