"""Pinned messages on the page."""

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, ok


async def test_the_bar_leads_to_pinned_messages_and_follows_other_users(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    club = str(ok(await anna.post("/chats", {"type": "group", "title": "Клуб", "member_ids": [her.id]}))["id"])
    for number in range(1, 101):
        await (anna if number == 3 else her).send(club, f"сообщение {number}")
    ok(await anna.put(f"/chats/{club}/pins/2"))
    page, bar = eve.page, eve.page.locator(".pins")
    await eve.open("Клуб")
    await expect(bar).to_contain_text("сообщение 2")
    await bar.click()
    await expect(page.locator('[data-seq="2"]')).to_be_in_viewport()
    ok(await anna.put(f"/chats/{club}/pins/3"))
    await expect(bar).to_contain_text("сообщение 3")
    await expect(bar.locator(".badge")).to_have_text("2")
    ok(await anna.patch(f"/chats/{club}/messages/3", {"text": "исправлено"}))
    await expect(bar).to_contain_text("исправлено")
    ok(await anna.delete(f"/chats/{club}/messages/3"))
    await expect(bar).to_contain_text("сообщение 2")
    ok(await anna.delete(f"/chats/{club}/pins/2"))
    await expect(bar).to_be_hidden()


async def test_an_admin_pins_and_unpins_by_the_menu_of_a_message(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    club = str(ok(await anna.post("/chats", {"type": "group", "title": "Клуб", "member_ids": [her.id]}))["id"])
    await anna.send(club, "Правила <b>клуба</b>")
    await eve.open("Клуб")
    await eve.message("Правила <b>клуба</b>").get_by_role("button", name="Actions for the message").click()
    await expect(eve.page.get_by_role("menu").get_by_text("Reply", exact=True)).to_be_visible()
    await expect(eve.page.get_by_role("menu").get_by_text("Pin", exact=True)).to_have_count(0)
    await eve.page.keyboard.press("Escape")
    ok(await anna.patch(f"/chats/{club}/members/{her.id}", {"role": "admin"}))
    # The page applies the events of a chat in their order: with this message shown, the role is known.
    await anna.send(club, "Ева теперь администратор")
    await expect(eve.message("Ева теперь администратор")).to_be_visible()
    await eve.choose("Правила <b>клуба</b>", "Pin")
    await expect(eve.page.locator(".pins")).to_contain_text("Правила <b>клуба</b>")
    await eve.choose("Правила <b>клуба</b>", "Unpin")
    await expect(eve.page.locator(".pins")).to_be_hidden()


async def test_pinning_is_offered_before_the_pins_are_read(eve: Reader, her: FakeClient) -> None:
    yard = await her.open_chat(title="Двор")
    await her.send(yard, "Правила двора")
    held = await eve.hold("**/pins?*")
    await eve.open("Двор")
    await held.until_asked()
    await eve.choose("Правила двора", "Pin")
    await held.release()
    await expect(eve.page.locator(".pins")).to_contain_text("Правила двора")
