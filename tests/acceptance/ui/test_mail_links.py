"""Links of mails in the browser: a forgotten password, and an address that is confirmed."""

import json
import re
from time import time

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, expect

from app.fastapi_engine.constructor import build_app
from app.modules.mail_module.tests.mailbox import Mailbox, text_of, with_mail
from app.settings import Settings
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok
from tests.servers import http_client, listening, without


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    return build_app(with_mail(settings, mailbox))


async def fragment_of(mailbox: Mailbox, purpose: str) -> str:
    """Returns the part of the link after the host, as soon as the mail is there."""
    link = re.compile(rf"/ui/#{purpose}\?token=[\w-]+")

    def found() -> list[str]:
        return [match[0] for mail in mailbox.mails if (match := link.search(text_of(mail)))]

    async def there() -> bool:
        return bool(found())

    await eventually(there)
    return found()[-1]


async def test_a_forgotten_password_is_replaced_at_the_page(
    browser: Browser, live_server: str, her: FakeClient, mailbox: Mailbox
) -> None:
    eve = await Reader.open_window(browser, live_server)
    page = eve.page
    await page.goto(f"{eve.address}/ui")
    await page.get_by_role("button", name="Forgot your password?").click()
    await page.get_by_label("Email").fill(f"{her.username}@example.com")
    await page.get_by_role("button", name="Send a link").click()
    await expect(page.get_by_text("we have sent it a link")).to_be_visible()
    await page.goto(eve.address + await fragment_of(mailbox, "reset"))
    await page.get_by_label("Password").fill("staple of the new house")
    assert "token" not in page.url
    await page.get_by_role("button", name="Set the password").click()
    await expect(page.get_by_text("Sign in with the new password")).to_be_visible()
    await page.locator("#login").fill(her.username)
    await page.locator("#password").fill("staple of the new house")
    await page.locator("[type=submit]").click()
    await eve.is_online()
    await eve.context.close()
    assert (eve.complaints, eve.strangers) == ([], [])


async def test_a_link_confirms_the_address(eve: Reader, her: FakeClient, mailbox: Mailbox) -> None:
    link = await fragment_of(mailbox, "confirm")
    await eve.page.goto("about:blank")
    await eve.page.goto(eve.address + link)
    await expect(eve.page.get_by_text("Your email address is confirmed.")).to_be_visible()
    assert ok(await her.get("/accounts/me"))["email_verified"] is True
    await eve.page.goto("about:blank")
    await eve.page.goto(eve.address + link)
    await expect(eve.page.get_by_text("This link is not valid any more.")).to_be_visible()
    eve.ignore_complaints("410")


async def test_without_sockets_the_page_sets_a_new_password_and_then_says_what_it_needs(
    settings: Settings, browser: Browser, mailbox: Mailbox
) -> None:
    async with (
        listening(build_app(without(with_mail(settings, mailbox), "sockets"))) as address,
        http_client(f"http://{address}") as http,
    ):
        vera = await FakeClient.sign_up(http, "vera")
        ok(await vera.post("/accounts/password/forgot", {"email": f"{vera.username}@example.com"}))
        reader = await Reader.open_window(browser, address)
        page = reader.page
        await page.goto(reader.address + await fragment_of(mailbox, "reset"))
        await page.get_by_label("Password").fill("staple of the new house")
        await page.get_by_role("button", name="Set the password").click()
        await expect(page.get_by_text("Sign in with the new password")).to_be_visible()
        missing = page.get_by_text("modules that are switched off on this server: sockets.")
        await expect(missing).to_be_visible()
        await expect(page.locator("#login")).to_have_count(0)
        # The session may be older than the setting.
        body = {"login": vera.username, "password": "staple of the new house"}
        kept = ok(await vera.post("/accounts/sign-in", body)) | {"until": (time() + 900) * 1000}
        await page.evaluate("kept => localStorage.setItem('messenger.session', kept)", json.dumps(kept))
        await page.reload()
        await expect(missing).to_be_visible()
        await reader.context.close()
        assert reader.complaints == []


async def test_a_link_that_is_not_valid_any_more_is_replaced_by_a_new_one(
    browser: Browser, live_server: str, her: FakeClient, mailbox: Mailbox
) -> None:
    eve = await Reader.open_window(browser, live_server)
    page = eve.page
    await page.goto(f"{eve.address}/ui#reset?token=expired")
    await page.get_by_label("Password").fill("staple of the new house")
    await page.get_by_role("button", name="Set the password").click()
    await expect(page.get_by_role("alert")).to_have_text("This link is not valid any more. Ask for a new email.")
    await page.get_by_role("button", name="Send a new link").click()
    await page.get_by_label("Email").fill(f"{her.username}@example.com")
    await page.get_by_role("button", name="Send a link").click()
    await fragment_of(mailbox, "reset")
    await eve.context.close()


async def test_a_user_who_is_signed_in_asks_for_a_new_link_and_returns_to_the_chats(
    eve: Reader, her: FakeClient
) -> None:
    page = eve.page
    await page.evaluate("location.hash = '#reset?token=expired'")
    await page.get_by_role("button", name="Send a new link").click()
    await expect(page.get_by_label("Email")).to_be_focused()
    await page.get_by_role("button", name="Back to sign-in").click()
    await eve.is_online()
