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


async def test_reactions_pins_and_threads_say_why_they_are_refused(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    page = eve.page
    chat = await anna.open_chat(her, type="direct")
    await anna.send(chat, "Привет")
    await eve.open("Анна")
    ok(await anna.put(f"/accounts/me/blocks/{her.id}"))
    toasts = page.locator(".toast").filter(has_text="You cannot write to each other.")
    message = eve.message("Привет")
    await message.get_by_role("button", name="Actions for the message").click()
    await page.get_by_role("menuitemcheckbox", name="React with 👍").click()
    await expect(toasts).to_have_count(1)
    await expect(message.locator(".reaction")).to_have_count(0)
    await expect(toasts).to_have_count(0)
    await eve.choose("Привет", "Pin")
    await expect(toasts).to_have_count(1)
    await expect(page.locator(".pins")).to_be_hidden()
    await eve.choose("Привет", "Reply in a thread")
    thread = page.get_by_role("dialog", name="Thread")
    await thread.get_by_label("Reply in the thread").fill("Ау")
    await thread.get_by_role("button", name="Send").click()
    await expect(thread.locator(".failure")).to_contain_text("You cannot write to each other.")
    eve.ignore_complaints("403")


async def test_in_a_chat_with_a_blocked_account_only_what_works_is_offered(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    page = eve.page
    chat = await anna.open_chat(her, type="direct")
    await anna.send(chat, "Привет")
    await anna.send(chat, "В ветке", root_seq=1)
    ok(await her.put(f"/chats/{chat}/pins/1"))
    await eve.open("Анна")
    # A menu offers what the page knows when it opens.
    await expect(page.locator(".pins")).to_be_visible()
    ok(await her.put(f"/accounts/me/blocks/{anna.id}"))
    await expect(eve.composer).to_be_hidden()
    message = eve.message("Привет")
    await expect(message.get_by_role("button", name="Reply", exact=True)).to_have_count(0)
    await message.get_by_role("button", name="Actions for the message").click()
    menu = page.get_by_role("menu")
    await expect(menu.get_by_role("menuitem", name="Unpin")).to_be_visible()
    await expect(menu.get_by_role("menuitemcheckbox")).to_have_count(0)
    await expect(menu.get_by_role("menuitem", name="Reply")).to_have_count(0)
    await menu.get_by_role("menuitem", name="Unpin").click()
    await expect(page.locator(".pins")).to_be_hidden()
    await message.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("dialog", name="Thread")
    await expect(thread.get_by_text("You have blocked this account.")).to_be_visible()
    await expect(thread.get_by_label("Reply in the thread")).to_be_hidden()
    # When the block is taken back, writing is offered at once.
    ok(await her.delete(f"/accounts/me/blocks/{anna.id}"))
    await expect(thread.get_by_label("Reply in the thread")).to_be_visible()
