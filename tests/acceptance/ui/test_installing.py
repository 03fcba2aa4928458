"""The page as an installed app: what a browser needs to add it to the home screen."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient

_AS_IN_A_TAB_OF_AN_IPHONE = "delete window.PushManager; navigator.standalone = false;"


@pytest.mark.parametrize("address", ["/ui", "/ui/"])
async def test_the_browser_finds_the_page_complete_enough_to_install(
    browser: Browser, live_server: str, her: FakeClient, address: str
) -> None:
    reader = await Reader.open_signed_in(browser, live_server, her)
    await reader.page.goto(f"{reader.address}{address}")
    await reader.is_online()
    session = await reader.context.new_cdp_session(reader.page)
    found: dict[str, Any] = await session.send("Page.getAppManifest")
    assert (found["url"], found["errors"]) == (f"{reader.address}/ui/manifest.webmanifest", [])
    assert json.loads(found["data"])["display"] == "standalone"
    assert found["manifest"]["startUrl"] == f"{reader.address}/ui/"
    assert found["manifest"]["scope"] == f"{reader.address}/ui"
    errors = await session.send("Page.getInstallabilityErrors")
    # The windows of tests are private ones.
    assert [error["errorId"] for error in errors["installabilityErrors"]] == ["in-incognito"]
    await reader.context.close()
    assert (reader.complaints, reader.strangers) == ([], [])


@pytest.mark.parametrize(
    ("language", "advice"),
    [
        ("en-GB", re.compile("tap Share, then Add to Home Screen, and open the page from there")),
        ("ru-RU", re.compile("нажмите «Поделиться», затем «На экран „Домой“» и откройте страницу оттуда")),
    ],
)
async def test_an_iphone_says_how_to_get_notifications(
    browser: Browser, live_server: str, her: FakeClient, language: str, advice: re.Pattern[str]
) -> None:
    reader = await Reader.open_window(browser, live_server, locale=language, **PHONE)
    await reader.context.add_init_script(_AS_IN_A_TAB_OF_AN_IPHONE)
    await reader.sign_in(her.username)
    await reader.page.locator(".own").click()
    await expect(reader.page.get_by_role("dialog").get_by_text(advice)).to_be_visible()
    await reader.context.close()
    assert (reader.complaints, reader.strangers) == ([], [])


async def test_a_link_to_another_site_opens_outside_of_the_page(eve: Reader, anna: FakeClient, yard: str) -> None:
    await eve.context.route("https://example.com/**", lambda route: route.fulfill(body="Сад"))
    await anna.send(yard, "https://example.com/garden")
    await eve.open("Двор")
    async with eve.context.expect_page() as opened:
        await eve.page.locator(".text").get_by_role("link").click()
    assert (await opened.value).url == "https://example.com/garden"
    await expect(eve.composer).to_be_visible()
