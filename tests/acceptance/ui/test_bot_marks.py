"""Bots are marked wherever the page names them."""

from playwright.async_api import expect

from app.modules.bots_module.tests.bots import add, create_bot
from tests.browsers import Reader
from tests.fakers import FakeClient


async def test_a_bot_is_marked_in_lists_and_beside_its_messages(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    page = eve.page
    bot = await create_bot(her, "chats:read", "messages:write", display_name="Погода")
    await add(anna, yard, bot)
    await anna.send(yard, "Привет")
    await bot.send(yard, "+5 °C")
    mark = page.locator(".bot-mark", has_text="bot")
    await eve.open("Двор")
    await expect(page.locator(".message", has=mark)).to_have_count(1)
    await expect(eve.message("+5 °C").locator(mark)).to_be_visible()

    await page.get_by_role("button", name="Members").click()
    members = page.get_by_role("dialog", name="Двор").get_by_role("listitem")
    await expect(members).to_have_count(3)
    await expect(members.filter(has=mark)).to_have_count(1)
    await expect(members.filter(has=mark)).to_contain_text("Погода")
    await page.keyboard.press("Escape")

    await eve.find("Погода")
    await expect(page.locator(".peer").locator(mark)).to_be_visible()
    await expect(page.locator(".sidebar .chat-item", has=mark)).to_have_count(1)
    await expect(eve.item("Погода").locator(mark)).to_be_visible()
    await page.locator("#search").fill("а")
    await expect(page.get_by_role("list", name="People").get_by_role("button", name="Анна")).to_be_visible()
    await expect(page.get_by_role("list", name="People").locator(mark)).to_have_count(0)


async def test_a_found_bot_is_marked(eve: Reader, her: FakeClient) -> None:
    await create_bot(her, "chats:read", display_name="Погода")
    await eve.page.locator("#search").fill("Погода")
    found = eve.page.get_by_role("list", name="People").get_by_role("button", name="Погода")
    await expect(found.locator(".bot-mark")).to_have_text("bot")
