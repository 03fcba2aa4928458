"""The page on a phone: what fits there, and how large it is."""

from playwright.async_api import Browser, expect

from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient

_SIZES = """() => [...document.querySelectorAll('input, textarea, select')]
    .map(field => [field.id || field.name, parseFloat(getComputedStyle(field).fontSize)])"""


async def test_no_field_has_letters_so_small_that_an_iphone_zooms_the_page(
    browser: Browser, live_server: str, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    reader = await Reader.open_window(browser, live_server, **PHONE)
    sizes: dict[str, float] = {}
    await reader.page.goto(f"{reader.address}/ui")
    sizes |= await reader.page.evaluate(_SIZES)
    await reader.sign_in(her.username)
    await anna.send(yard, "Кто принесёт чай?")
    await reader.open("Двор")
    await reader.choose("Кто принесёт чай?", "Reply in a thread")
    await expect(reader.page.get_by_label("Reply in the thread")).to_be_visible()
    sizes |= await reader.page.evaluate(_SIZES)
    await reader.context.close()
    assert {"login", "password", "search", "has", "after", "composer", "thread-text"} <= sizes.keys()
    assert [name for name, size in sizes.items() if size < 16] == []
