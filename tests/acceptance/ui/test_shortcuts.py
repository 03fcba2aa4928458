"""Keys that do something anywhere on the page."""

import pytest
from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, ok

_PRESS = """([target, key, options]) => {
    document.querySelector(target).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...options }));
}"""

# The composition has ended before this key.
_IN_SAFARI: dict[str, object] = {"keyCode": 229}


@pytest.mark.parametrize("key", ["k", "л"])
async def test_a_shortcut_leads_to_the_search_in_each_layout(eve: Reader, yard: str, key: str) -> None:
    await eve.open("Двор")
    await expect(eve.composer).to_be_focused()
    await eve.page.evaluate(_PRESS, ["body", key, {"code": "KeyK", "ctrlKey": True}])
    await expect(eve.page.locator("#search")).to_be_focused()


@pytest.mark.parametrize("composing", [{"isComposing": True}, _IN_SAFARI])
async def test_a_key_that_ends_the_composition_of_a_character_cancels_nothing_else(
    eve: Reader, anna: FakeClient, yard: str, composing: dict[str, object]
) -> None:
    await anna.send(yard, "Привет")
    await eve.open("Двор")
    await eve.page.locator("#search").fill("Двор")
    await eve.choose("Привет", "Reply")
    target = eve.page.locator(".composer .target")
    await expect(target).to_be_visible()
    for field in ("#composer", "#search"):
        await eve.page.evaluate(_PRESS, [field, "Escape", composing])
    await expect(target).to_be_visible()
    await expect(eve.page.locator("#search")).to_have_value("Двор")
    for field in ("#composer", "#search"):
        await eve.page.evaluate(_PRESS, [field, "Escape", {}])
    await expect(target).to_be_hidden()
    await expect(eve.page.locator("#search")).to_have_value("")


@pytest.mark.parametrize("composing", [{"isComposing": True}, _IN_SAFARI])
async def test_a_key_that_ends_the_composition_of_a_character_sends_nothing_and_chooses_no_name(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str, composing: dict[str, object]
) -> None:
    await anna.send(yard, "Кто принесёт чай?")
    await eve.open("Двор")
    await eve.composer.press_sequentially("@")
    await expect(eve.page.get_by_role("option")).to_have_count(1)
    for text in ("@", "に"):
        await eve.composer.fill(text)
        await eve.page.evaluate(_PRESS, ["#composer", "Enter", composing])
        await expect(eve.composer).to_have_value(text)
    await eve.choose("Кто принесёт чай?", "Reply in a thread")
    field = eve.page.get_by_label("Reply in the thread")
    await field.fill("に")
    await eve.page.evaluate(_PRESS, ["#thread-text", "Enter", composing])
    await expect(field).to_have_value("に")
    assert len(ok(await her.get(f"/chats/{yard}/messages"))["items"]) == 1
