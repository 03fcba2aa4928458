"""The page on a phone whose screen has a camera, round corners and a bar for going home."""

from typing import Any

from playwright.async_api import Browser, expect

from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient

# The parts of a phone that is held sideways: the camera, its mirror image, and the bar for going home.
_INSETS = {"top": 20, "left": 59, "bottom": 34, "right": 59}
_BELOW_THE_EDGES = """([selector, { top, left, bottom, right }]) => [...document.querySelectorAll(selector)]
    .filter(element => element.checkVisibility())
    .filter(element => {
        const box = element.getBoundingClientRect();
        return box.left < left || box.right > innerWidth - right || box.top < top || box.bottom > innerHeight - bottom;
    })
    .map(element => element.outerHTML.slice(0, 120))"""


async def test_nothing_is_below_the_camera_or_the_round_corners_of_a_phone(
    browser: Browser, live_server: str, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Кто идёт?")
    sideways: dict[str, Any] = {**PHONE, "viewport": {"width": 844, "height": 390}}
    phone = await Reader.open_window(browser, live_server, **sideways)
    session = await phone.context.new_cdp_session(phone.page)
    await session.send("Emulation.setSafeAreaInsetsOverride", {"insets": _INSETS})

    async def hidden(selector: str) -> list[str]:
        return list(await phone.page.evaluate(_BELOW_THE_EDGES, [selector, _INSETS]))

    await phone.page.goto(f"{phone.address}/ui")
    await expect(phone.page.locator("#login")).to_be_visible()
    assert await hidden("#login") == []
    await phone.sign_in(her.username)
    await phone.open("Двор")
    await expect(phone.message("Кто идёт?")).to_be_visible()
    assert await hidden(".shell :is(.icon-button, .own, #search, .avatar, .bubble, .composer)") == []
    await phone.settings()
    await expect(phone.page.get_by_role("dialog")).to_be_visible()
    assert await hidden("dialog .dialog-body") == []
    await phone.context.close()
    assert phone.complaints == []
