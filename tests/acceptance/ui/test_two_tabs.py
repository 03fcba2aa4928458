"""The end of a session, and two tabs of one browser, which share a session."""

from playwright.async_api import Browser, expect

from tests.browsers import Reader
from tests.fakers import FakeClient, ok


async def test_a_tab_follows_a_sign_in_of_another_tab(
    browser: Browser, live_server: str, her: FakeClient, anna: FakeClient
) -> None:
    reader = await Reader.open_window(browser, live_server)
    second = await reader.context.new_page()
    second.on("pageerror", lambda error: reader.complaints.append(str(error)))
    await second.goto(f"{reader.address}/ui")
    await expect(second.locator("#login")).to_be_visible()
    await reader.sign_in(her.username)
    await expect(second.locator(".own")).to_contain_text("Ева")
    await (await reader.settings()).get_by_role("button", name="Sign out", exact=True).click()
    await expect(second.locator("#login")).to_be_visible()
    await reader.sign_in(anna.username)
    await expect(second.locator(".own")).to_contain_text("Анна")
    assert reader.complaints == []
    await reader.context.close()


async def test_a_session_that_ends_leaves_no_dialog_open(eve: Reader, her: FakeClient) -> None:
    await eve.settings()
    await expect(eve.page.get_by_role("dialog")).to_have_count(1)
    ok(await her.post("/accounts/sign-out"))
    await expect(eve.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(eve.page.locator("dialog")).to_have_count(0)
    eve.ignore_complaints("401")
