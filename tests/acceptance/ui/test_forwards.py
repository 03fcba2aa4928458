"""Forwarded messages, replies and earlier texts on the page."""

from playwright.async_api import expect

from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.uploading import ready
from tests.browsers import Reader
from tests.fakers import FakeClient, ok


async def test_a_message_is_forwarded_with_its_files_and_leads_back(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient, yard: str
) -> None:
    page = eve.page
    club = await boris.open_chat(her, title="Клуб")
    image = await ready(anna, picture("PNG"), "вид.png")
    await anna.send(yard, "Смотрите", attachments=[image["id"]])
    await eve.open("Двор")
    await eve.choose("Смотрите", "Forward")
    dialog = page.get_by_role("dialog", name="Forward to")
    await dialog.get_by_label("Find a chat").fill("клу")
    await dialog.get_by_role("button", name="Клуб").click()
    await expect(page.locator(".peer h2")).to_have_text("Клуб")
    await expect(page.locator(".forwarded")).to_have_text("Forwarded from Анна")
    await expect(page.get_by_role("button", name="Show вид.png").locator(".loaded")).to_have_count(1)
    assert ok(await boris.get(f"/chats/{club}/messages/1"))["text"] == "Смотрите"
    await eve.note_pointed()
    await page.locator(".forwarded").click()
    await expect(page.locator(".peer h2")).to_have_text("Двор")
    await eve.is_pointed(1)


async def test_a_search_in_a_dialog_says_that_it_found_nothing(eve: Reader, anna: FakeClient, yard: str) -> None:
    page = eve.page
    await anna.send(yard, "Смотрите")
    await eve.open("Двор")
    await eve.choose("Смотрите", "Forward")
    forwarding = page.get_by_role("dialog", name="Forward to")
    await expect(forwarding.get_by_role("button", name="Двор")).to_be_visible()
    await expect(forwarding.get_by_text("Nothing found")).to_be_hidden()
    await forwarding.get_by_label("Find a chat").fill("ничегонет")
    await expect(forwarding.get_by_text("Nothing found")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    held = await eve.hold("**/accounts?*")
    await page.get_by_role("button", name="New chat").click()
    creating = page.get_by_role("dialog", name="New chat")
    await held.until_asked()
    await expect(creating.get_by_text("Nothing found")).to_be_hidden()
    await held.release()
    await expect(creating.get_by_role("button", name="Анна")).to_be_visible()
    await expect(creating.get_by_text("Nothing found")).to_be_hidden()
    await creating.get_by_label("Find people").fill("ничегонет")
    await expect(creating.get_by_text("Nothing found")).to_be_visible()


async def test_the_origin_of_a_forward_is_only_for_its_members(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    private = await anna.open_chat(title="Личное")
    await anna.send(private, "Важное")
    ok(await anna.post(f"/chats/{private}/messages/1/forward", {"to_chat_id": yard}))
    await eve.open("Двор")
    await eve.page.get_by_role("button", name="Forwarded from Анна").click()
    await expect(eve.page.get_by_text("You are not a member of the chat where this was written.")).to_be_visible()
    eve.ignore_complaints("404")


async def test_a_reply_shows_what_it_answers_and_follows_changes(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Чай в пять")
    for number in range(60):
        await her.send(yard, f"сообщение {number}")
    await anna.send(yard, "Буду", reply_to_seq=1)
    await eve.open("Двор")
    quote = eve.message("Буду").locator(".quote")
    await expect(quote).to_have_text("АннаЧай в пять")
    ok(await anna.patch(f"/chats/{yard}/messages/1", {"text": "Чай в шесть"}))
    await expect(quote).to_have_text("АннаЧай в шесть")
    ok(await anna.delete(f"/chats/{yard}/messages/1"))
    await expect(quote).to_have_text("АннаMessage deleted")


async def test_a_reply_covers_the_spoiler_of_a_message_that_is_not_loaded(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Убийца - ||садовник||", text_format="markdown")
    for number in range(60):
        await her.send(yard, f"сообщение {number}")
    await anna.send(yard, "Не может быть", reply_to_seq=1)
    await eve.open("Двор")
    quote = eve.message("Не может быть").locator(".quote")
    await expect(quote).to_contain_text("АннаУбийца - ")
    await expect(quote).not_to_contain_text("садовник")
    await expect(quote).not_to_contain_text("||")


async def test_a_reply_hides_the_markers_of_a_message_that_is_not_loaded(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "**Важно**: [здесь](https://example.com/a)", text_format="markdown")
    for number in range(60):
        await her.send(yard, f"сообщение {number}")
    await anna.send(yard, "Прочитайте", reply_to_seq=1)
    await eve.open("Двор")
    await expect(eve.message("Прочитайте").locator(".quote")).to_have_text("АннаВажно: здесь")


async def test_the_sender_reads_the_earlier_texts_of_a_message(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    ok(await her.post(f"/chats/{yard}/messages", {"text": "Чай в пят"}))
    ok(await her.patch(f"/chats/{yard}/messages/1", {"text": "Чай в пять"}))
    await anna.send(yard, "Хорошо")
    await eve.open("Двор")
    await eve.choose("Чай в пять", "Edit history")
    await expect(eve.page.locator(".versions .text")).to_have_text(["Чай в пять", "Чай в пят"])
    await eve.page.keyboard.press("Escape")
    await eve.message("Хорошо").get_by_role("button", name="Actions for the message").click()
    await expect(eve.page.get_by_role("menu").get_by_text("Reply", exact=True)).to_be_visible()
    await expect(eve.page.get_by_role("menu").get_by_text("Edit history")).to_have_count(0)


async def test_the_arrow_key_edits_the_last_message_that_can_be_edited(eve: Reader, her: FakeClient, yard: str) -> None:
    await her.send(yard, "Своё")
    private = await her.open_chat(title="Личное")
    await her.send(private, "Важное")
    ok(await her.post(f"/chats/{private}/messages/1/forward", {"to_chat_id": yard}))
    await eve.open("Двор")
    await eve.sees("Своё", "Важное")
    await eve.composer.press("ArrowUp")
    await expect(eve.composer).to_have_value("Своё")
