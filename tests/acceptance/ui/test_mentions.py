"""The list of mentions on the page."""

import re

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, FakeSocket, ok


async def test_mentions_are_listed_and_open_in_their_chats(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    page = eve.page
    club = await anna.open_chat(her, title="Клуб")
    await anna.send(club, f"@{her.username}, приходи в **четверг**", text_format="markdown")
    for number in range(2, 122):
        await anna.send(club, f"сообщение {number}")
    button = page.get_by_role("button", name=re.compile("^Mentions"))
    await expect(button).to_have_accessible_name("Mentions: 1 unread mention of you")
    await button.press("Enter")
    dialog = page.get_by_role("dialog", name="Mentions")
    rows = dialog.get_by_role("list", name="Mentions").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text(f"Анна: @{her.username}, приходи в четверг")
    await expect(rows.first.get_by_label("unread")).to_be_visible()
    # One that comes while the list is open appears in it.
    await anna.send(yard, f"@{her.username} и сюда")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("Двор")
    await expect(button).to_have_accessible_name("Mentions: 2 unread mentions of you")
    # One that is read on another device is still listed, but no longer unread.
    ok(await her.put(f"/chats/{yard}/read", {"seq": 1}))
    await expect(rows.first.get_by_label("unread")).to_have_count(0)
    await dialog.get_by_role("button", name="Only unread").press("Space")
    await expect(rows).to_have_count(1)
    await rows.get_by_role("button").press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(page.locator('[data-seq="1"]')).to_be_in_viewport()
    await expect(page.locator(".peer h2")).to_have_text("Клуб")
    await expect(page.locator('[data-seq="121"]')).to_have_count(0)
    await page.get_by_role("button", name="To the newest messages").click()
    await expect(page.locator('[data-seq="121"]')).to_be_in_viewport()
    await expect(button).to_have_accessible_name("Mentions")
    await button.click()
    await page.get_by_role("dialog").get_by_role("button", name="Only unread").click()
    await expect(page.get_by_text("You have read all mentions.")).to_be_visible()


async def test_further_pages_of_mentions_are_loaded_on_request(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    button = eve.page.get_by_role("button", name=re.compile("^Mentions"))
    await button.click()
    await expect(eve.page.get_by_text("No message mentions you yet.")).to_be_visible()
    await eve.page.keyboard.press("Escape")
    await expect(button).to_be_focused()
    for number in range(1, 32):
        await anna.send(yard, f"@{her.username} {number}")
    await expect(button).to_have_accessible_name("Mentions: 31 unread mentions of you")
    await button.click()
    rows = eve.page.get_by_role("dialog").get_by_role("listitem")
    await expect(rows).to_have_count(30)
    await eve.page.get_by_role("button", name="More messages").click()
    await expect(rows).to_have_count(31)
    await expect(rows.last).to_contain_text(f"@{her.username} 1")
    await expect(eve.page.get_by_role("button", name="More messages")).to_be_hidden()


async def test_a_chosen_name_stays_chosen_when_an_account_comes_online(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    await anna.open_chat(her, boris, title="Двор")
    direct = await anna.open_chat(her, type="direct")
    await expect(eve.item("Анна")).to_be_visible()
    # Once its events arrive, its signals do, too.
    await anna.send(direct)
    await expect(eve.item("Анна")).to_contain_text("Привет")
    await eve.open("Двор")
    await eve.composer.press_sequentially("@")
    options = eve.page.get_by_role("option")
    await expect(options).to_have_count(2)
    await eve.composer.press("ArrowDown")
    async with FakeSocket(anna, live_server):
        await expect(eve.page.locator(".sidebar .avatar.online")).to_have_count(1)
        await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
