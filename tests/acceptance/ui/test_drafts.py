"""Drafts on the page: on all devices of their author."""

import re

from playwright.async_api import Browser, expect

from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient, eventually, ok


async def test_a_draft_is_saved_and_follows_the_devices_of_its_author(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    page = eve.page
    await anna.send(yard, "Во сколько встречаемся?")

    async def stored() -> tuple[str, int | None]:
        draft = ok(await her.get(f"/chats/{yard}/draft"))
        return draft["text"], draft["reply_to_seq"]

    async def is_saved() -> bool:
        return await stored() == ("В семь", 1)

    await eve.open("Двор")
    await eve.message("Во сколько встречаемся?").get_by_role("button", name="Reply", exact=True).click()
    await expect(page.locator(".target")).to_contain_text("Reply to Анна")
    await eve.composer.fill("В семь")
    await eventually(is_saved)

    await page.reload()
    await expect(eve.composer).to_have_value("В семь")
    await expect(page.locator(".target")).to_contain_text("Reply to Анна")

    ok(await her.put(f"/chats/{yard}/draft", {"text": "В восемь"}))
    await expect(eve.composer).to_have_value("В восемь")
    await expect(page.locator(".target")).to_be_hidden()

    await eve.composer.press("Enter")
    await eve.sees("Во сколько встречаемся?", "В восемь")

    async def is_deleted() -> bool:
        return await stored() == ("", None)

    await eventually(is_deleted)
    await expect(eve.composer).to_have_value("")


async def test_a_reply_whose_message_is_deleted_stays_as_a_text(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    async def stored() -> tuple[str, int | None]:
        draft = ok(await her.get(f"/chats/{yard}/draft"))
        return draft["text"], draft["reply_to_seq"]

    async def is_saved_as_a_reply() -> bool:
        return await stored() == ("В семь", 1)

    async def is_saved_as_a_text() -> bool:
        return await stored() == ("В семь", None)

    await anna.send(yard, "Во сколько встречаемся?")
    await eve.open("Двор")
    await eve.message("Во сколько встречаемся?").get_by_role("button", name="Reply", exact=True).click()
    await eve.composer.fill("В семь")
    await eventually(is_saved_as_a_reply)
    ok(await anna.delete(f"/chats/{yard}/messages/1"))
    await eventually(is_saved_as_a_text)
    await expect(eve.page.locator(".target")).to_be_hidden()
    await expect(eve.composer).to_have_value("В семь")


async def test_a_draft_of_another_device_is_in_the_list_and_one_that_is_left_is_saved_at_once(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    ok(await her.put(f"/chats/{yard}/draft", {"text": "С телефона"}))
    await expect(eve.item("Двор")).to_contain_text("Draft: С телефона")
    other = await anna.open_chat(her, title="Сад")
    await eve.open("Сад")
    await eve.composer.fill("Яблоки")
    await eve.open("Двор")
    await expect(eve.composer).to_have_value("С телефона")
    await expect(eve.item("Сад")).to_contain_text("Draft: Яблоки")

    async def is_saved() -> bool:
        return bool(ok(await her.get(f"/chats/{other}/draft"))["text"] == "Яблоки")

    await eventually(is_saved)
    ok(await her.put(f"/chats/{yard}/draft", {"text": ""}))
    await expect(eve.composer).to_have_value("")


async def test_a_draft_written_while_the_page_reads_its_chat_is_shown(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    held = await eve.hold(re.compile(r"/chats/[^/?]+$"))
    yard = await anna.open_chat(her, title="Двор")
    ok(await her.put(f"/chats/{yard}/draft", {"text": "С телефона"}))
    # This event follows the one of the draft.
    ok(await her.patch("/accounts/me", {"display_name": "Евгения"}))
    await expect(eve.page.locator(".own")).to_contain_text("Евгения")
    await held.release()
    await expect(eve.item("Двор")).to_contain_text("Draft: С телефона")


async def test_a_draft_written_offline_is_saved_with_the_next_connection(
    eve: Reader, her: FakeClient, yard: str
) -> None:
    await eve.open("Двор")
    await eve.context.set_offline(True)
    await eve.is_offline()
    await eve.composer.fill("Без сети")
    await expect(eve.composer).to_have_value("Без сети")
    await eve.context.set_offline(False)
    await eve.is_online()

    async def is_saved() -> bool:
        return bool(ok(await her.get(f"/chats/{yard}/draft"))["text"] == "Без сети")

    await eventually(is_saved)
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_a_draft_that_the_server_refuses_stays_on_the_page(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    ok(await her.put(f"/chats/{yard}/draft", {"text": "Старое"}))
    await anna.open_chat(her, title="Сад")
    await eve.open("Двор")
    await expect(eve.composer).to_have_value("Старое")
    async with eve.page.expect_response(lambda answer: answer.status == 422):
        await eve.composer.fill("я" * 4001)
    await eve.open("Сад")
    await expect(eve.composer).to_have_value("")
    await eve.open("Двор")
    await eve.page.evaluate("fetch(location.href)")
    await expect(eve.composer).to_have_value("я" * 4001)
    eve.ignore_complaints("422")


async def test_a_phone_shows_the_draft_of_the_chat_that_was_left_in_the_list(
    browser: Browser, her: FakeClient, yard: str, live_server: str
) -> None:
    phone = await Reader.open_signed_in(browser, live_server, her, **PHONE)
    await phone.open("Двор")
    await phone.composer.fill("Яблоки")
    await phone.page.get_by_role("button", name="Back to chats").click()
    await expect(phone.item("Двор")).to_contain_text("Draft: Яблоки")
    await expect(phone.item("Двор")).not_to_have_attribute("aria-current", "page")
    await phone.context.close()


async def test_the_field_is_as_high_as_the_text_of_its_draft(
    browser: Browser, her: FakeClient, yard: str, live_server: str
) -> None:
    phone = await Reader.open_signed_in(browser, live_server, her, **PHONE)
    await phone.open("Двор")
    await phone.composer.fill("Яблоки\nгруши\nсливы")
    await phone.page.get_by_role("button", name="Back to chats").click()
    await phone.open("Двор")
    await expect(phone.composer).to_have_value("Яблоки\nгруши\nсливы")
    assert not await phone.composer.evaluate("field => field.scrollHeight > field.clientHeight")
    await phone.context.close()


async def test_an_edit_that_is_not_saved_is_continued_when_its_chat_is_opened_again(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.open_chat(her, title="Сад")
    await her.send(yard, "В семь")
    await eve.open("Двор")
    await eve.choose("В семь", "Edit")
    await eve.composer.fill("В восемь")
    await eve.open("Сад")
    await expect(eve.composer).to_have_value("")
    await eve.open("Двор")
    await expect(eve.page.locator(".target")).to_contain_text("Editing")
    await expect(eve.composer).to_have_value("В восемь")
    await eve.composer.press("Enter")
    await eve.sees("В восемь")
    await expect(eve.composer).to_have_value("")
    await eve.open("Сад")
    await eve.open("Двор")
    await expect(eve.page.locator(".target")).to_be_hidden()
    await expect(eve.composer).to_have_value("")
