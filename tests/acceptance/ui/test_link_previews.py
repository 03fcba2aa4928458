"""Previews of links in messages on the page."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from app.modules.attachments_module.tests.pictures import picture
from app.modules.previews_module.tests.previewing import page, until_titled, url_of, web_for
from app.utils.container import Container
from tests.adapters.http_servers import RawServer, response
from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient, eventually


@pytest.fixture
async def web(container: Container) -> AsyncIterator[RawServer]:
    async with web_for(container) as server:
        yield server


async def test_a_preview_appears_and_its_sender_removes_it(
    eve: Reader, anna: FakeClient, yard: str, web: RawServer
) -> None:
    image = "http://images.example/cover.png"
    web.pages["/club"] = page("Книжный клуб", site_name="Двор", description="<b>По четвергам</b>", image=image)
    await eve.open("Двор")
    await eve.write(f"Смотри {url_of(web, '/club')}")
    preview = eve.page.locator(".link-preview")
    await expect(preview).to_have_text("ДворКнижный клуб<b>По четвергам</b>")
    await expect(preview.get_by_role("link")).to_have_attribute("href", url_of(web, "/club"))
    await expect(preview.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer")
    # Nothing is loaded from other hosts: the fixture checks the requests of the page.
    await expect(preview.locator("img")).to_have_count(0)
    await eve.page.reload()
    await preview.get_by_role("button", name="Remove the preview").press("Enter")
    await expect(preview).to_have_count(0)
    await until_titled(anna, yard)


async def test_the_image_of_the_page_comes_from_the_server(
    eve: Reader, anna: FakeClient, yard: str, web: RawServer
) -> None:
    web.pages |= {"/club": page("Книжный клуб", image="/cover.png"), "/cover.png": response(picture("PNG", (640, 320)))}
    await eve.open("Двор")
    await anna.send(yard, url_of(web, "/club"))
    image = eve.page.locator(".link-preview img")
    await expect(image).to_have_class("loaded")
    # The message may be drawn again meanwhile, and then its image is loaded again.
    await eventually(lambda: image.evaluate("image => image.naturalWidth / image.naturalHeight === 2"))
    await eve.page.reload()
    await expect(image).to_have_class("loaded")


async def test_a_preview_fits_a_phone_before_its_image_is_loaded(
    browser: Browser, live_server: str, her: FakeClient, anna: FakeClient, yard: str, web: RawServer
) -> None:
    title = "Книжный клуб собирается по четвергам"
    web.pages |= {"/club": page(title, image="/cover.png"), "/cover.png": response(picture("PNG", (640, 320)))}
    phone = await Reader.open_signed_in(browser, live_server, her, **PHONE)
    held = await phone.hold(re.compile("/attachments"))
    await phone.open("Двор")
    await anna.send(yard, url_of(web, "/club"))
    await held.until_asked()
    await expect(phone.page.locator(".link-preview")).to_have_text(title)
    width = await phone.page.locator(".scroller").evaluate("place => place.scrollWidth - place.clientWidth")
    await phone.context.close()
    assert width == 0


async def test_only_the_sender_can_remove_a_preview(eve: Reader, anna: FakeClient, yard: str, web: RawServer) -> None:
    web.pages["/"] = page("Погода")
    await eve.open("Двор")
    await anna.send(yard, url_of(web))
    preview = eve.page.locator(".link-preview")
    await expect(preview).to_have_text("Погода")
    await expect(preview.get_by_role("button")).to_have_count(0)
