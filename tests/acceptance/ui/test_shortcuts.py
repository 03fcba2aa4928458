"""Keys that do something anywhere on the page."""

import pytest
from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient

_PRESS = """([target, key, options]) => {
    document.querySelector(target).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...options }));
}"""


@pytest.mark.parametrize("key", ["k", "л"])
async def test_a_shortcut_leads_to_the_search_in_each_layout(eve: Reader, yard: str, key: str) -> None:
    await eve.open("Двор")
    await expect(eve.composer).to_be_focused()
    await eve.page.evaluate(_PRESS, ["body", key, {"code": "KeyK", "ctrlKey": True}])
    await expect(eve.page.locator("#search")).to_be_focused()


async def test_a_key_that_ends_the_composition_of_a_character_cancels_nothing_else(
    eve: Reader, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Привет")
    await eve.open("Двор")
    await eve.page.locator("#search").fill("Двор")
    await eve.choose("Привет", "Reply")
    target = eve.page.locator(".composer .target")
    await expect(target).to_be_visible()
    for field in ("#composer", "#search"):
        await eve.page.evaluate(_PRESS, [field, "Escape", {"isComposing": True}])
    await expect(target).to_be_visible()
    await expect(eve.page.locator("#search")).to_have_value("Двор")
    for field in ("#composer", "#search"):
        await eve.page.evaluate(_PRESS, [field, "Escape", {}])
    await expect(target).to_be_hidden()
    await expect(eve.page.locator("#search")).to_have_value("")
