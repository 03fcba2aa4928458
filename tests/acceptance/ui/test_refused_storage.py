"""The page in a browser that keeps no texts for it: its storage is full, or turned off."""

from playwright.async_api import Browser, expect

from tests.browsers import Reader
from tests.fakers import FakeClient

_FILL = """() => {
    for (let size = 1 << 20; size > 0; size >>= 1) {
        try { for (let n = 0; ; n += 1) localStorage.setItem(`filler.${size}.${n}`, 'x'.repeat(size)); } catch {}
    }
}"""
_TURN_OFF = """for (const area of ['localStorage', 'sessionStorage', 'indexedDB']) {
    Object.defineProperty(window, area, { get() { throw new DOMException('denied', 'SecurityError'); } });
}"""


async def test_a_message_is_sent_although_the_storage_is_full(eve: Reader, yard: str) -> None:
    await eve.open("Двор")
    await eve.page.evaluate(_FILL)
    await eve.write("Привет")
    await eve.sees("Привет")
    await expect(eve.page.locator(".message.pending")).to_have_count(0)
    await expect(eve.composer).to_have_value("")


async def test_the_page_works_in_a_browser_without_storage(
    browser: Browser, live_server: str, her: FakeClient, yard: str
) -> None:
    reader = await Reader.open_window(browser, live_server)
    await reader.context.add_init_script(_TURN_OFF)
    await reader.sign_in(her.username)
    await reader.open("Двор")
    await reader.write("Привет")
    await reader.sees("Привет")
    await expect(reader.page.locator(".message.pending")).to_have_count(0)
    await expect(reader.page.locator(".toast")).to_have_count(0)
    await (await reader.settings()).get_by_role("button", name="Sign out", exact=True).click()
    await expect(reader.page.locator("#login")).to_be_visible()
    # The socket may end before the answer is there: then the page asks for new tokens.
    reader.ignore_complaints("401")
    assert reader.complaints == []
    await reader.context.close()
