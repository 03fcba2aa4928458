"""Signing in at the page with a second factor."""

from playwright.async_api import Browser, expect

from app.modules.second_factor_module.tests.authenticator import code_now, set_up
from tests.browsers import Reader
from tests.fakers import PASSWORD, FakeClient


async def test_the_page_asks_for_the_code_after_the_password(
    browser: Browser, live_server: str, her: FakeClient
) -> None:
    secret, _ = await set_up(her)
    eve = await Reader.open_window(browser, live_server)
    await eve.page.goto(f"{eve.address}/ui")
    await eve.page.locator("#login").fill(her.username)
    await eve.page.locator("#password").fill(PASSWORD)
    await eve.page.locator("[type=submit]").click()
    await expect(eve.page.get_by_role("button", name="Back to sign-in")).to_be_visible()
    await eve.page.get_by_label("Code").fill("000000")
    await eve.page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(eve.page.get_by_role("alert")).to_have_text("This code is wrong or was used already.")
    await eve.page.get_by_label("Code").fill(code_now(secret))
    await eve.page.get_by_role("button", name="Sign in", exact=True).click()
    await eve.is_online()
    await eve.context.close()
