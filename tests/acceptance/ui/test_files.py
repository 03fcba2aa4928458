"""Files on the page: sending them, and seeing those of others."""

import asyncio
import re

from playwright.async_api import Browser, Download, FilePayload, Request, Route, expect

from app.adapters.db.connection import Connection
from app.modules.attachments_module.tests.pictures import declared_png, picture
from app.modules.attachments_module.tests.uploading import ready, upload
from tests.browsers import PHONE, Reader
from tests.fakers import PASSWORD, FakeClient, ok

_PASTE = """composer => {
    const data = new DataTransfer();
    data.items.add(new File(['из буфера'], 'clip.txt', { type: 'text/plain' }));
    composer.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""
_DRAG = """(conversation, kind) => {
    const data = new DataTransfer();
    data.items.add(new File(['брошен'], 'drop.txt', { type: 'text/plain' }));
    conversation.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""

_SIGN_IN_AGAIN = """([login, password]) => {
    const main = [...document.scripts].find(script => script.type === 'module').src;
    return import(new URL('api.js', main)).then(api => api.renewSession(() => api.signIn(login, password)));
}"""


async def read(download: Download) -> bytes:
    """Returns the bytes of a finished download."""
    return await asyncio.to_thread((await download.path()).read_bytes)


def image(name: str, size: tuple[int, int]) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": picture("PNG", size)}


async def test_images_and_a_file_are_picked_and_another_member_sees_and_downloads_them(
    eve: Reader, browser: Browser, live_server: str, anna: FakeClient, yard: str
) -> None:
    await eve.open("Двор")
    letter: FilePayload = {"name": "Письмо другу.txt", "mimeType": "text/plain", "buffer": "Привет".encode()}
    await eve.page.locator("input[type=file]").set_input_files(
        [image("wide.png", (800, 400)), image("high.png", (300, 600)), letter]
    )
    await expect(eve.page.locator(".tray .upload.done")).to_have_count(3)
    await eve.write("Смотри")
    await eve.sees("Смотри")
    await expect(eve.page.locator(".upload")).to_have_count(0)
    await expect(eve.page.locator(".message .images .loaded")).to_have_count(2)

    phone = await Reader.open_signed_in(browser, live_server, anna, color_scheme="dark", **PHONE)
    page = phone.page
    await phone.open("Двор")
    await expect(page.locator(".images .loaded")).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Письмо другу.txt").tap()
    download = await downloading.value
    assert download.suggested_filename == "Письмо другу.txt"
    assert await read(download) == "Привет".encode()
    assert phone.complaints == phone.strangers == []
    await phone.context.close()


async def test_images_are_shown_in_full_size_by_keyboard(eve: Reader, anna: FakeClient, yard: str) -> None:
    page = eve.page
    first, second = await ready(anna, picture("PNG", (800, 400)), "1.png"), await ready(anna, picture("GIF"), "2.gif")
    await anna.send(yard, "раз", attachments=[first["id"]])
    await anna.send(yard, "два", attachments=[second["id"]])
    await eve.open("Двор")
    tile = page.get_by_role("button", name="Show 1.png")
    await tile.press("Enter")
    box = page.get_by_role("dialog", name="1.png")
    await expect(box.locator(".place-of")).to_have_text("1 of 2")
    await expect(box.get_by_role("img", name="1.png")).to_have_js_property("naturalWidth", 800)
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowRight")
    box = page.get_by_role("dialog", name="2.gif")
    await expect(box.locator(".place-of")).to_have_text("2 of 2")
    await expect(box.get_by_role("img", name="2.gif")).to_have_js_property("naturalWidth", 40)
    await expect(box.get_by_role("link", name="Download")).to_have_attribute("download", "2.gif")
    ok(await anna.delete(f"/chats/{yard}/messages/2"))
    await expect(box).to_have_count(0)
    await tile.press("Enter")
    await expect(page.get_by_role("dialog", name="1.png")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(tile).to_be_focused()


async def test_the_place_of_an_image_has_its_final_size_before_it_is_loaded(
    eve: Reader, anna: FakeClient, yard: str
) -> None:
    one = await ready(anna, picture("PNG", (800, 400)), "wide.png")
    await anna.send(yard, "Вид", attachments=[one["id"]])
    held = await eve.hold("**/files/*")
    await eve.open("Двор")
    tile = eve.page.get_by_role("button", name="Show wide.png")
    await expect(tile.locator("canvas")).to_be_visible()
    await expect(tile.locator("img[src]")).to_have_count(1)
    await held.until_asked()
    before = await tile.bounding_box()
    assert before is not None
    assert abs(before["width"] / before["height"] - 2) < 0.05
    await held.release()
    await expect(tile.locator(".loaded")).to_have_count(1)
    assert await tile.bounding_box() == before


async def test_pasted_and_dropped_files_are_sent_without_a_text(eve: Reader, anna: FakeClient, yard: str) -> None:
    page = eve.page
    await eve.open("Двор")
    await eve.composer.evaluate(_PASTE)
    await expect(page.locator(".tray .upload.done")).to_have_count(1)
    conversation = page.locator(".conversation")
    await conversation.evaluate(_DRAG, "dragenter")
    await expect(page.get_by_text("Drop the files here")).to_be_visible()
    await conversation.evaluate(_DRAG, "drop")
    await expect(page.get_by_text("Drop the files here")).to_be_hidden()
    await expect(page.locator(".tray .upload.done")).to_have_count(2)
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("link", name="drop.txt")).to_be_visible()
    await expect(eve.item("Двор")).to_contain_text("You: 2 files")
    (message,) = ok(await anna.get(f"/chats/{yard}/messages"))["items"]
    assert message["text"] == ""
    assert [file["filename"] for file in message["attachments"]] == ["clip.txt", "drop.txt"]


async def test_the_states_of_files_are_shown_and_follow_the_server(
    eve: Reader, anna: FakeClient, yard: str, sql: Connection
) -> None:
    page = eve.page
    await eve.open("Двор")
    # The server writes what the files are under the lock of their owner's stream.
    async with sql.transaction():
        await sql.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", anna.uuid)
        files = [
            await upload(anna, picture("PNG", (640, 480)), "вид.png", **{"Content-Type": "image/png"}),
            await upload(anna, declared_png(100, 100), "обрыв.png", **{"Content-Type": "image/png"}),
        ]
        assert [file["state"] for file in files] == ["processing", "processing"]
        await anna.send(yard, "Два файла", attachments=[file["id"] for file in files])
        await expect(page.locator(".message .image")).to_have_text(["Processing…", "Processing…"])
    await expect(page.get_by_role("button", name="Show вид.png").locator(".loaded")).to_have_count(1)
    await expect(page.locator(".file.refused")).to_have_text(re.compile("обрыв.png.*refused this file"))


async def test_an_address_that_has_expired_is_asked_for_again(eve: Reader, anna: FakeClient, yard: str) -> None:
    page = eve.page
    files = [await ready(anna, picture("PNG"), "1.png"), await ready(anna, b"text", "2.txt")]
    image, text = (file["id"] for file in files)
    await anna.send(yard, "Файлы", attachments=[image, text])
    asked: list[list[str]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/attachments/urls"):
            asked.append((request.post_data_json or {})["ids"])

    async def expire(route: Route) -> None:
        # A message may be drawn again meanwhile: all its images have the address that has expired.
        await (route.fulfill(status=404) if len(asked) == 1 else route.continue_())

    page.on("request", note)
    await page.route("**/files/*", expire)
    await eve.open("Двор")
    await expect(page.get_by_role("button", name="Show 1.png").locator(".loaded")).to_have_count(1)
    # One request for all files of the page, and then for the image that was not found.
    assert asked[0] == [image, text]
    assert asked[1:]
    assert all(ids == [image] for ids in asked[1:])
    known = len(asked)
    await page.evaluate("() => { const now = Date.now; Date.now = () => now() + 600_000; }")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="2.txt").click()
    assert await read(await downloading.value) == b"text"
    assert any(text in ids for ids in asked[known:])
    eve.ignore_complaints("404")


async def test_files_are_downloaded_after_the_user_has_signed_in_again(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    page = eve.page
    files = [await ready(anna, picture("PNG"), "1.png"), await ready(anna, b"text", "2.txt")]
    await anna.send(yard, "Файлы", attachments=[file["id"] for file in files])
    await eve.open("Двор")
    tile = page.get_by_role("button", name="Show 1.png")
    await expect(tile.locator(".loaded")).to_have_count(1)
    link = page.get_by_role("link", name="2.txt")
    await expect(link).to_have_attribute("href", re.compile("/files/"))
    # The addresses that the page knows belong to the session that ends here.
    await page.evaluate(_SIGN_IN_AGAIN, [her.username, PASSWORD])
    await eve.is_online()
    async with page.expect_download() as downloading:
        await link.click()
    assert await read(await downloading.value) == b"text"
    await page.evaluate(_SIGN_IN_AGAIN, [her.username, PASSWORD])
    await tile.click()
    save = page.get_by_role("dialog", name="1.png").get_by_role("link", name="Download")
    await expect(save).to_have_attribute("download", "1.png")
    async with page.expect_download() as downloading:
        await save.click()
    assert await read(await downloading.value) == picture("PNG")
    eve.ignore_complaints("401", "403", "404")
