"""Threads on the page."""

from playwright.async_api import Browser, Locator, expect

from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.uploading import ready
from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient, eventually, ok


async def open_answered(eve: Reader, anna: FakeClient, yard: str) -> Locator:
    """Anna replies to the first message. Returns the dialog of its thread."""
    await anna.send(yard, "Я!", root_seq=1)
    await eve.open("Двор")
    await eve.page.locator('[data-seq="1"] .thread-link').click()
    return eve.page.get_by_role("dialog", name="Thread")


async def test_a_thread_is_answered_counted_and_followed(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    page = eve.page
    await anna.send(yard, "Кто принесёт чай?")
    await eve.open("Двор")
    await eve.choose("Кто принесёт чай?", "Reply in a thread")
    thread = page.get_by_role("dialog", name="Thread")
    await expect(thread.locator(".text")).to_have_text(["Кто принесёт чай?"])
    await thread.get_by_label("Reply in the thread").fill("Я!")
    await thread.get_by_label("Reply in the thread").press("Enter")
    await expect(thread.locator(".message[data-seq] .text")).to_have_text(["Кто принесёт чай?", "Я!"])
    await anna.send(yard, "И сахар", root_seq=1)
    await expect(thread.locator(".message[data-seq] .text")).to_have_text(["Кто принесёт чай?", "Я!", "И сахар"])
    assert [m["root_seq"] for m in ok(await her.get(f"/chats/{yard}/messages"))["items"]] == [None, 1, 1]
    await page.keyboard.press("Escape")
    link = page.locator('[data-seq="1"] .thread-link')
    await expect(link).to_have_text("2 replies")
    ok(await anna.delete(f"/chats/{yard}/messages/3"))
    await expect(link).to_have_text("1 reply")
    await expect(page.locator('[data-seq="2"] .thread-link')).to_have_text("In a thread")
    await link.click()
    await expect(thread.locator(".message[data-seq] .text")).to_have_text(["Кто принесёт чай?", "Я!"])
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="Threads").click()
    threads = page.get_by_role("dialog", name="Threads")
    await expect(threads.get_by_text("Кто принесёт чай?")).to_be_visible()
    await threads.get_by_role("button", name="Unfollow").click()
    await expect(threads.get_by_role("listitem")).to_have_count(0)
    assert ok(await her.get("/threads"))["items"] == []


async def test_the_menu_of_a_message_in_a_thread_can_be_used(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Кто принесёт чай?")
    thread = await open_answered(eve, anna, yard)
    await thread.locator('[data-seq="2"]').get_by_role("button", name="Actions for the message").click()
    await eve.page.get_by_role("menuitemcheckbox", name="React with 🎉").click()
    await expect(thread.locator('[data-seq="2"] .reaction')).to_have_text("🎉1")


async def test_a_phone_offers_the_menu_where_no_reply_can_be_written(
    browser: Browser, her: FakeClient, anna: FakeClient, yard: str, live_server: str
) -> None:
    await anna.send(yard, "Кто принесёт чай?")
    await anna.send(await anna.open_chat(her, type="channel", title="Новости"), "Чай принесут")
    phone = await Reader.open_signed_in(browser, live_server, her, **PHONE)
    thread = await open_answered(phone, anna, yard)
    await expect(thread.locator('[data-seq="2"]').get_by_role("button", name="Actions for the message")).to_be_visible()
    await phone.page.keyboard.press("Escape")
    await phone.page.get_by_role("button", name="Back to chats").click()
    await phone.open("Новости")
    await phone.choose("Чай принесут", "Forward")
    await phone.context.close()


async def test_replies_are_read_when_the_user_returns_to_the_page(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await her.send(yard, "Кто принесёт чай?")
    thread = await open_answered(eve, anna, yard)
    await expect(thread.locator(".message[data-seq]")).to_have_count(2)

    async def unread() -> int:
        return int(ok(await her.get("/threads"))["items"][0]["unread_count"])

    async def is_read() -> bool:
        return await unread() == 0

    await eventually(is_read)
    await eve.page.evaluate("document.hasFocus = () => false")
    await anna.send(yard, "И сахар", root_seq=1)
    await expect(thread.locator(".message[data-seq]")).to_have_count(3)
    await eve.page.evaluate("fetch(location.href)")
    assert await unread() == 1
    await eve.page.evaluate("delete document.hasFocus; dispatchEvent(new Event('focus'))")
    await eventually(is_read)


async def test_what_is_written_in_a_thread_stays_until_it_is_sent(eve: Reader, anna: FakeClient, yard: str) -> None:
    await anna.send(yard, "Кто принесёт чай?")
    field = eve.page.get_by_label("Reply in the thread")
    await eve.open("Двор")
    await eve.choose("Кто принесёт чай?", "Reply in a thread")
    await expect(field).to_have_value("")
    await field.fill("Могу принести")
    await eve.page.keyboard.press("Escape")
    await expect(eve.page.get_by_role("dialog")).to_have_count(0)
    await eve.choose("Кто принесёт чай?", "Reply in a thread")
    await expect(field).to_have_value("Могу принести")
    await eve.page.reload()
    await eve.choose("Кто принесёт чай?", "Reply in a thread")
    await expect(field).to_have_value("Могу принести")
    await field.press("Enter")
    await expect(field).to_have_value("")
    await eve.page.reload()
    await eve.choose("Кто принесёт чай?", "Reply in a thread")
    await expect(field).to_have_value("")


async def test_a_thread_is_closed_when_the_user_is_no_longer_in_its_chat(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Кто принесёт чай?")
    thread = await open_answered(eve, anna, yard)
    await thread.get_by_label("Reply in the thread").fill("Могу принести")
    ok(await anna.delete(f"/chats/{yard}/members/{her.id}"))
    await expect(eve.item("Двор")).to_have_count(0)
    await expect(thread).to_have_count(0)
    eve.ignore_complaints("404")


async def test_the_field_of_a_thread_is_as_high_as_its_text(eve: Reader, anna: FakeClient, yard: str) -> None:
    await anna.send(yard, "Кто принесёт чай?")
    await eve.open("Двор")
    field, scrolls = eve.page.get_by_label("Reply in the thread"), "field => field.scrollHeight > field.clientHeight"
    await eve.choose("Кто принесёт чай?", "Reply in a thread")
    empty = await field.evaluate("field => field.clientHeight")
    await field.fill("Я\nмогу\nпринести\nего")
    assert not await field.evaluate(scrolls)
    await eve.page.keyboard.press("Escape")
    await eve.choose("Кто принесёт чай?", "Reply in a thread")
    assert not await field.evaluate(scrolls)
    await field.press("Enter")
    assert await field.evaluate("field => field.clientHeight") == empty


async def test_a_text_that_is_too_long_for_a_message_stays_in_the_field_of_a_thread(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Кто принесёт чай?")
    thread = await open_answered(eve, anna, yard)
    field = thread.get_by_label("Reply in the thread")
    await field.fill("я" * 4002)
    await field.press("Enter")
    await expect(thread.get_by_role("alert")).to_have_text("2 characters too many")
    await field.fill("я" * 4000)
    await expect(thread.get_by_role("alert")).to_be_hidden()
    await field.press("Enter")
    await expect(field).to_have_value("")
    await expect(thread.locator(".message[data-seq] .text")).to_have_count(3)


async def test_an_image_of_a_thread_that_the_chat_has_not_loaded_opens(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Кто за?")
    for name in ("1.png", "2.png"):
        image = await ready(anna, picture("PNG"), name)
        await anna.send(yard, "", attachments=[image["id"]], root_seq=1)
    for number in range(60):
        await her.send(yard, f"сообщение {number}")
    await anna.send(yard, "Я!", root_seq=1)
    await eve.open("Двор")
    await eve.message("Я!").locator(".thread-link").click()
    await eve.page.get_by_role("button", name="Show 2.png").click()
    await expect(eve.page.get_by_role("dialog", name="2.png").locator(".place-of")).to_have_text("2 of 2")
