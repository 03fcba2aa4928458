"""Swagger UI in a real browser, without internet access."""

from playwright.async_api import Browser, expect

from tests.browsers import Reader
from tests.fakers import PASSWORD, FakeClient
from tests.servers import client_of_port

server = client_of_port


async def test_a_developer_signs_in_on_the_documents_page_and_calls_the_api(
    browser: Browser, anna: FakeClient, live_server: str
) -> None:
    developer = await Reader.open_window(browser, live_server, viewport={"width": 1200, "height": 1200})
    page = developer.page
    await page.goto(f"{developer.address}/docs")
    await page.locator(".auth-wrapper > .authorize").click()
    form = page.locator(".auth-container").first
    await form.locator("input[type=text]").first.fill(anna.username)
    await form.locator("input[type=password]").first.fill(PASSWORD)
    await form.locator("button.authorize").click()
    await expect(form.get_by_text("Authorized", exact=True)).to_be_visible()
    await page.locator(".btn-done").first.click()

    await page.locator("#operations-tag-accounts").click()
    call = page.locator("#operations-accounts-accounts_me")
    await call.locator(".opblock-summary").click()
    await call.get_by_role("button", name="Try it out").click()
    await call.get_by_role("button", name="Execute").click()
    await expect(call.locator(".live-responses-table .response .response-col_status")).to_contain_text("200")
    await expect(call.locator(".live-responses-table .response")).to_contain_text(anna.username)
    # A violation of the page's Content-Security-Policy would be a complaint.
    assert developer.complaints == []
    assert developer.strangers == []
    await developer.context.close()
