"""Muting, pinning and archiving a chat on the page."""

import re

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, ok


async def test_a_user_mutes_pins_and_archives_chats_and_another_device_is_followed(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    chats = [
        str(ok(await anna.post("/chats", {"type": "group", "title": title, "member_ids": [her.id]}))["id"])
        for title in ("Клуб", "Двор")
    ]
    page, names = eve.page, eve.page.locator(".chat-list .chat-item strong")
    await expect(names).to_have_text(["Двор", "Клуб"])
    await eve.open("Клуб")
    await page.get_by_role("button", name="Members").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Pin to the top").click()
    await expect(dialog.get_by_role("button", name="Unpin from the top")).to_be_visible()
    await expect(names).to_have_text(["Клуб", "Двор"])
    await dialog.get_by_role("button", name="Archive").click()
    await expect(names).to_have_text(["Двор", "Клуб"])
    await expect(eve.item("Клуб")).to_contain_text("archived")
    await dialog.get_by_role("button", name="Unarchive").click()
    await dialog.get_by_role("button", name="Mute").click()
    await expect(eve.item("Клуб").locator(".icon-muted")).to_be_visible()
    await page.keyboard.press("Escape")
    await eve.open("Двор")
    await anna.send(chats[0], "тихо")
    await expect(eve.item("Клуб").locator(".badge.quiet")).to_have_text("1")
    assert not (await page.title()).startswith("(")
    ok(await her.put(f"/chats/{chats[0]}/settings", {"muted_until": None, "is_pinned": False}))
    await expect(eve.item("Клуб").locator(".icon-muted")).to_have_count(0)
    await expect(eve.item("Клуб").locator(".badge.quiet")).to_have_count(0)
    await expect(page).to_have_title(re.compile(r"^\(1\) "))


async def test_the_marks_of_a_chat_are_beside_its_name(eve: Reader, her: FakeClient, yard: str) -> None:
    ok(await her.put(f"/chats/{yard}/settings", {"muted_until": "2999-12-31T23:59:59Z", "is_pinned": True}))
    item = eve.item("Двор")
    await expect(item.locator(".icon-pin")).to_be_visible()
    middle = "element => (element.getBoundingClientRect().left + element.getBoundingClientRect().right) / 2"
    name, pin, time = [await item.locator(part).evaluate(middle) for part in ("strong", ".icon-pin", "time")]
    assert pin - name < 100 < time - pin


async def test_a_button_that_is_pressed_by_the_keyboard_keeps_the_focus(eve: Reader, yard: str) -> None:
    await eve.open("Двор")
    await eve.page.get_by_role("button", name="Members").click()
    dialog = eve.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Mute").press("Enter")
    await expect(dialog.get_by_role("button", name="Unmute")).to_be_focused()
    # Its name says what it does, and so is no state that may be on.
    await expect(dialog.get_by_role("button", name="Unmute")).not_to_have_attribute("aria-pressed", "true")


async def test_the_focus_moves_to_the_next_item_when_one_is_removed(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient
) -> None:
    await her.open_chat(anna, boris, title="Двор")
    await eve.open("Двор")
    # What is read of the members while the question is shown changes nothing that their rows show.
    held = await eve.hold(re.compile(r"/accounts/[0-9a-f-]{36}$"))
    await eve.page.get_by_role("button", name="Members").click()
    buttons = eve.page.get_by_role("dialog").get_by_role("button", name="Remove ")
    await expect(buttons).to_have_count(2)
    await held.until_asked(3)
    await buttons.first.press("Enter")
    await held.release()
    await eve.page.evaluate("fetch(location.href)")
    await eve.page.get_by_role("button", name="Remove", exact=True).press("Enter")
    await expect(buttons).to_have_count(1)
    await expect(buttons).to_be_focused()
