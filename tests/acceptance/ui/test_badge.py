"""The number on the icon of the installed page."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from app.modules.push_module.tests.devices import PushService
from tests.acceptance.ui.pushed import PushedReader, pushed_reader
from tests.acceptance.ui.test_pushes import message
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok

# Debian has no icons with numbers. An empty badge and the number 0 are the same.
_NOTE = """{
    const badge = (n) => { self.badge = n; return Promise.resolve(); };
    Navigator.prototype.setAppBadge = badge;
    Navigator.prototype.clearAppBadge = () => badge(0);
}"""
_NOTE_IN_WORKER = "() => { self.navigator.setAppBadge = async (n) => { self.badge = n; }; }"
# What the page does when it starts is over when it has released this lock.
_UNTIL_SYNCHRONIZED = "() => navigator.locks.request('messenger.push', () => {})"


@pytest.fixture
async def pushed(
    browser: Browser, live_server: str, her: FakeClient, push_service: PushService
) -> AsyncIterator[PushedReader]:
    """Eve at the page, in a browser that shows a number on the icon."""
    async with pushed_reader(browser, live_server, her, push_service) as pushed:
        await pushed.reader.context.add_init_script(_NOTE)
        await pushed.page.reload()
        await pushed.reader.is_online()
        yield pushed


async def _shows(reader: Reader, number: int) -> None:
    async def is_shown() -> bool:
        return bool(await reader.page.evaluate("() => self.badge") == number)

    await eventually(is_shown)


async def test_the_icon_shows_how_many_chats_have_unread_messages(
    pushed: PushedReader, her: FakeClient, anna: FakeClient, boris: FakeClient, yard: str
) -> None:
    await _shows(pushed.reader, 0)
    await anna.send(yard, "Кто идёт?")
    await anna.send(yard, "Я принесу чай")
    await _shows(pushed.reader, 1)
    # As in pushes, a muted chat counts.
    quiet = await boris.open_chat(her, title="Объявления")
    ok(await her.put(f"/chats/{quiet}/settings", {"muted_until": "2100-01-01T00:00:00Z"}))
    await boris.send(quiet, "Воды не будет")
    await _shows(pushed.reader, 2)
    # On another device.
    ok(await her.put(f"/chats/{quiet}/read", {"seq": 1}))
    await _shows(pushed.reader, 1)
    await pushed.reader.open("Двор")
    await _shows(pushed.reader, 0)


async def test_signing_out_removes_the_number_from_the_icon(pushed: PushedReader, anna: FakeClient, yard: str) -> None:
    await anna.send(yard, "Кто идёт?")
    await _shows(pushed.reader, 1)
    await (await pushed.reader.settings()).get_by_role("button", name="Sign out", exact=True).click()
    await expect(pushed.page.locator("#login")).to_be_visible()
    await _shows(pushed.reader, 0)


async def test_the_number_stays_if_the_page_notifies_no_more(pushed: PushedReader, anna: FakeClient, yard: str) -> None:
    await pushed.turn_on()
    await anna.send(yard, "Кто идёт?")
    await _shows(pushed.reader, 1)
    await (await pushed.switch()).uncheck()
    await pushed.page.reload()
    await pushed.reader.is_online()
    await pushed.page.evaluate(_UNTIL_SYNCHRONIZED)
    assert await pushed.page.evaluate("() => self.badge") == 1


async def test_a_push_brings_the_number_while_the_page_is_closed(pushed: PushedReader, yard: str) -> None:
    await pushed.turn_on()
    await pushed.worker.evaluate(_NOTE_IN_WORKER)
    await pushed.deliver({**message(yard, 1, "Кто идёт?"), "badge": 7})

    async def is_shown() -> bool:
        return bool(await pushed.worker.evaluate("() => self.badge") == 7)

    await eventually(is_shown)
