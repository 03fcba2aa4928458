"""The page as an installed app: what a browser needs to add it to the home screen."""

import json
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.browsers import Reader
from tests.fakers import FakeClient


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
