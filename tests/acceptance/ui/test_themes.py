"""The colours of the page in the light and the dark theme."""

from typing import Literal

import pytest
from playwright.async_api import expect

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


# The colour that the browser shows around the page: the first that is valid for the theme of the system.
_AROUND = """() => {
    const colours = [...document.querySelectorAll('meta[name=theme-color]')];
    const valid = colours.find(({ media }) => matchMedia(media).matches);
    const probe = document.createElement('p');
    probe.style.color = valid.content;
    document.body.append(probe);
    return [getComputedStyle(probe).color, getComputedStyle(document.body).backgroundColor];
}"""


@pytest.mark.parametrize("system", ["light", "dark"])
async def test_the_bars_around_the_page_have_the_colour_of_the_theme_that_the_user_has_chosen(
    eve: Reader, system: Literal["light", "dark"]
) -> None:
    await eve.page.emulate_media(color_scheme=system)
    settings = await eve.settings()
    for theme in ("Light", "Dark", "System"):
        await settings.get_by_label("Theme").select_option(theme)
        around, ground = await eve.page.evaluate(_AROUND)
        assert around == ground, theme
    await settings.get_by_label("Theme").select_option("Dark")
    await eve.page.reload()
    await expect(eve.page.locator(".own")).to_be_visible()
    around, ground = await eve.page.evaluate(_AROUND)
    assert around == ground == "rgb(18, 24, 26)"
