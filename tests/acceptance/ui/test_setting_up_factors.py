"""A second factor: setting it up on the page, and signing in with it."""

from playwright.async_api import Browser, expect

from app.adapters.db.connection import Connection
from app.modules.second_factor_module.tests.authenticator import code_now
from tests.browsers import Reader
from tests.fakers import PASSWORD, FakeClient


async def test_a_user_sets_up_a_second_factor_and_signs_in_with_it(
    eve: Reader, her: FakeClient, browser: Browser, live_server: str, sql: Connection
) -> None:
    settings = await eve.settings()
    factor = settings.get_by_role("region", name="Second factor")
    await factor.get_by_role("button", name="Set up").click()
    dialog = eve.page.get_by_role("dialog", name="Second factor")
    await expect(dialog.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    secret = await dialog.locator(".secret").inner_text()
    await dialog.get_by_label("Code that the app shows").fill("12345x")
    await dialog.get_by_role("button", name="Turn on").click()
    await expect(dialog.get_by_role("alert")).to_have_text("The code is wrong.")
    await dialog.get_by_label("Code that the app shows").fill(code_now(secret))
    await dialog.get_by_role("button", name="Turn on").click()
    codes = eve.page.get_by_role("dialog", name="Recovery codes").get_by_role("listitem")
    await expect(codes).to_have_count(10)
    lines = "codes => codes.map(code => code.firstChild.getClientRects().length)"
    assert await codes.evaluate_all(lines) == [1] * 10
    recovery_code = await codes.first.inner_text()
    await eve.page.keyboard.press("Escape")
    await eve.page.get_by_role("dialog", name="Recovery codes").get_by_role("button", name="Close").click()
    await expect(factor.get_by_text("10 recovery codes are left.")).to_be_visible()

    phone = await Reader.open_window(browser, live_server)
    page = phone.page
    await page.goto(f"{phone.address}/ui")
    await page.get_by_label("Username or email").fill(her.username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    code = page.get_by_label("Code")
    await expect(code).to_be_focused()
    await code.fill("000000")
    await code.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("This code is wrong or was used already.")
    await expect(code).to_be_focused()
    # No code is taken twice.
    await code.fill(code_now(secret, 1))
    await code.press("Enter")
    await phone.is_online()
    await phone.context.close()

    # The session is too old for a change of factors: the user signs in again first.
    await sql.execute("UPDATE auth_session SET created_at = now() - interval '11 minutes'")
    await factor.get_by_role("button", name="Turn off").click()
    await eve.page.get_by_role("dialog").filter(has_text="password alone").get_by_role("button").last.click()
    again = eve.page.get_by_role("dialog", name="Sign in again")
    await again.get_by_label("Password").fill("not hers")
    await again.get_by_role("button", name="Continue").click()
    await expect(again.get_by_role("alert")).to_have_text("The current password is wrong.")
    await again.get_by_label("Password").fill(PASSWORD)
    await again.get_by_role("button", name="Continue").click()
    await again.get_by_label("Code").fill(recovery_code)
    await again.get_by_role("button", name="Continue").click()
    await expect(factor.get_by_role("button", name="Set up")).to_be_visible()
    await eve.is_online()
    eve.ignore_complaints("401", "403")
