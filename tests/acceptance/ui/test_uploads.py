"""Uploads of the page on the way: broken, resumed and cancelled."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from playwright.async_api import expect

from app.modules.attachments_module.tests.uploading import processed
from tests.acceptance.ui.conftest import FILM, PIECE, HeldPieces
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok

_FORGET_FILES = """() => new Promise(done => {
    const opening = indexedDB.open('messenger.uploads');
    opening.onsuccess = () => {
        const deleting = opening.result.transaction('files', 'readwrite');
        deleting.objectStore('files').clear();
        deleting.oncomplete = done;
    };
})"""

_COUNT_UPLOADS = """() => new Promise(done => {
    const opening = indexedDB.open('messenger.uploads');
    opening.onsuccess = () => {
        const counting = opening.result.transaction('uploads').objectStore('uploads').count();
        counting.onsuccess = () => done(counting.result);
    };
})"""


async def test_an_upload_and_its_message_go_on_after_a_reload(
    eve: Reader, anna: FakeClient, yard: str, film: Path
) -> None:
    page, held = eve.page, HeldPieces(eve)
    await held.begin()
    await eve.open("Двор")
    await page.locator("input[type=file]").set_input_files(film)
    await eventually(held.is_held)
    await expect(page.get_by_role("progressbar", name="Upload of Фильм.bin")).to_have_js_property("value", PIECE)
    await eve.write("Фильм")
    await expect(page.locator(".message.pending .upload.running")).to_have_count(1)
    # A text does not wait for the file.
    await eve.write("Пока грузится")
    await expect(page.locator(".message:not(.pending)").get_by_text("Пока грузится")).to_be_visible()
    held.end()
    await page.reload()
    await expect(page.get_by_role("link", name="Фильм.bin")).to_be_visible()
    await eve.sees("Пока грузится", "Фильм")
    assert held.offsets == [0, PIECE, PIECE, 2 * PIECE]
    (file,) = ok(await anna.get(f"/chats/{yard}/messages/2"))["attachments"]
    stored = await processed(anna, file["id"])
    assert stored["sha256"] == hashlib.sha256(FILM).hexdigest()
    assert await page.evaluate("indexedDB.databases().then(all => all.map(database => database.name))") == [
        "messenger.uploads"
    ]


async def test_a_file_that_the_browser_has_not_kept_is_chosen_again(
    eve: Reader, anna: FakeClient, yard: str, film: Path, tmp_path: Path
) -> None:
    page, held = eve.page, HeldPieces(eve)
    await held.begin()
    await eve.open("Двор")
    await page.locator("input[type=file]").set_input_files(film)
    await eventually(held.is_held)
    await page.evaluate(_FORGET_FILES)
    held.end()
    await page.reload()
    await expect(page.get_by_text("Choose the same file again to go on.")).to_be_visible()
    await eve.write("Фильм")
    await expect(page.get_by_text("Remove the files that failed, or try again.")).to_be_visible()
    other = tmp_path / "other.bin"
    other.write_bytes(b"other")
    for file in (other, film):
        async with page.expect_file_chooser() as choosing:
            await page.get_by_role("button", name="Choose", exact=True).click()
        await (await choosing.value).set_files(file)
        if file is other:
            await expect(page.get_by_text("This is not the same file.")).to_be_visible()
    await expect(page.locator(".tray .upload.done")).to_have_count(1)
    assert held.offsets == [0, PIECE, PIECE, 2 * PIECE]
    await eve.composer.press("Enter")
    await expect(page.get_by_role("link", name="Фильм.bin")).to_be_visible()


async def test_a_cancelled_upload_ends_on_the_server_and_a_message_goes_without_it(
    eve: Reader, her: FakeClient, yard: str, film: Path
) -> None:
    page, held = eve.page, HeldPieces(eve)
    await held.begin()
    await eve.open("Двор")
    await page.locator("input[type=file]").set_input_files(film)
    await eventually(held.is_held)
    path = "/attachments/" + held.waiting[0].request.url.rpartition("/")[2]
    await eve.write("Без фильма")
    await expect(page.locator(".message.pending")).to_have_count(1)
    await page.get_by_role("button", name="Cancel the upload of Фильм.bin").click()
    await expect(page.locator(".message[data-seq]").get_by_text("Без фильма")).to_be_visible()
    await expect(page.locator(".upload")).to_have_count(0)

    async def is_gone() -> bool:
        return (await her.get(path)).status_code == 404

    await eventually(is_gone)
    held.end()


async def test_an_upload_that_is_cancelled_while_its_token_is_refreshed_does_not_begin(
    eve: Reader, yard: str, film: Path
) -> None:
    page = eve.page
    begun: list[str] = []
    page.on("request", lambda request: begun.append(request.url) if "/api/v1/attachments" in request.url else None)
    await eve.open("Двор")
    held = await eve.hold("**/accounts/refresh")
    await page.evaluate(
        "localStorage.setItem('messenger.session', JSON.stringify("
        "{...JSON.parse(localStorage.getItem('messenger.session')), until: 0}))"
    )
    await page.locator("input[type=file]").set_input_files(film)
    await held.until_asked()
    await page.get_by_role("button", name="Cancel the upload of Фильм.bin").click()
    await expect(page.locator(".upload")).to_have_count(0)
    async with page.expect_response("**/accounts/refresh") as refreshed:
        await held.release()
    await (await refreshed.value).finished()
    await page.reload()
    await eve.is_online()
    await eve.open("Двор")
    await expect(page.get_by_role("button", name="Attach files")).to_be_visible()
    await expect(page.locator(".upload")).to_have_count(0)
    assert begun == []


async def test_an_upload_goes_on_by_itself_after_a_network_outage(eve: Reader, yard: str, film: Path) -> None:
    page, held = eve.page, HeldPieces(eve)
    await held.begin()
    await eve.open("Двор")
    await page.locator("input[type=file]").set_input_files(film)
    await eventually(held.is_held)
    await eve.context.set_offline(True)
    await held.waiting[0].abort("internetdisconnected")
    await eve.is_offline()
    await expect(page.locator(".tray .upload.running")).to_have_count(1)
    held.end()
    await eve.context.set_offline(False)
    await eve.is_online()
    await expect(page.locator(".tray .upload.done")).to_have_count(1)
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_a_file_that_was_left_unsent_for_a_day_is_uploaded_again_once(eve: Reader, yard: str, film: Path) -> None:
    page, held = eve.page, HeldPieces(eve)
    await eve.open("Двор")
    await page.locator("input[type=file]").set_input_files(film)
    await expect(page.locator(".tray .upload.done")).to_have_count(1)
    await page.clock.set_fixed_time(datetime.now() + timedelta(days=1))
    for _ in range(2):
        await page.reload()
        await expect(page.locator(".tray .upload.done")).to_have_count(1)
    assert held.offsets == [0, PIECE, 2 * PIECE] * 2


async def test_a_file_for_a_chat_that_the_user_has_left_is_not_kept(
    eve: Reader, her: FakeClient, yard: str, film: Path
) -> None:
    page, held = eve.page, HeldPieces(eve)
    await held.begin()
    await eve.open("Двор")
    await page.locator("input[type=file]").set_input_files(film)
    await eventually(held.is_held)
    await page.goto("about:blank")
    ok(await her.delete(f"/chats/{yard}/members/{her.id}"))
    held.end()
    await page.goto(f"{eve.address}/ui")
    await eve.is_online()

    async def is_forgotten() -> bool:
        return bool(await page.evaluate(_COUNT_UPLOADS) == 0)

    await eventually(is_forgotten)
    assert held.offsets == [0, PIECE]
    eve.ignore_complaints("404")
