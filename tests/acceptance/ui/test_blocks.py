"""Blocking an account on the page."""

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, ok, problem


async def test_a_user_blocks_an_account_and_takes_it_back(eve: Reader, her: FakeClient, anna: FakeClient) -> None:
    page = eve.page
    chat = await anna.open_chat(her, type="direct")
    await anna.send(chat, "Привет")
    await eve.open("Анна")
    await page.get_by_role("button", name="Members").click()
    members = page.get_by_role("dialog", name="Анна")
    await members.get_by_role("button", name="Block", exact=True).click()
    await page.get_by_role("dialog").filter(has_text="cannot write to each other").get_by_role("button").last.click()
    await expect(members.get_by_role("button", name="Unblock")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("You have blocked this account.")).to_be_visible()
    await expect(eve.composer).to_be_hidden()
    problem(await anna.post(f"/chats/{chat}/messages", {"text": "Ты тут?"}), 403, "forbidden")
    await page.reload()
    await expect(page.get_by_text("You have blocked this account.")).to_be_visible()
    settings = await eve.settings()
    await settings.get_by_role("region", name="Blocked accounts").get_by_role("button", name="Unblock").click()
    await expect(settings.get_by_role("region", name="Blocked accounts")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(eve.composer).to_be_visible()
    # Another device of the user blocks it again.
    ok(await her.put(f"/accounts/me/blocks/{anna.id}"))
    await expect(page.get_by_text("You have blocked this account.")).to_be_visible()


async def test_the_other_account_reads_that_it_cannot_write(eve: Reader, her: FakeClient, anna: FakeClient) -> None:
    chat = await anna.open_chat(her, type="direct")
    await anna.send(chat, "Привет")
    await eve.open("Анна")
    ok(await anna.put(f"/accounts/me/blocks/{her.id}"))
    await eve.write("Ау")
    await expect(eve.page.locator(".failure")).to_contain_text("You cannot write to each other.")
