"""The colours of the page in the light and the dark theme."""

from typing import Literal

import pytest

from tests.browsers import Reader
from tests.fakers import FakeClient

# How much the colours of the ground of two elements differ.
_STEP = """entry => {
    const ground = (element) => getComputedStyle(element).backgroundColor.match(/\\d+/g).map(Number);
    const around = ground(entry.parentElement);
    return ground(entry).reduce((sum, part, index) => sum + Math.abs(part - around[index]), 0);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_entry_of_a_menu_under_the_mouse_is_marked(
    eve: Reader, anna: FakeClient, yard: str, theme: Literal["light", "dark"]
) -> None:
    await eve.page.emulate_media(color_scheme=theme)
    await anna.send(yard, "Привет")
    await eve.open("Двор")
    await eve.message("Привет").get_by_role("button", name="Actions for the message").click()
    entry = eve.page.get_by_role("menu").get_by_text("Forward", exact=True)
    await entry.hover()
    assert await entry.evaluate(_STEP) > 30
