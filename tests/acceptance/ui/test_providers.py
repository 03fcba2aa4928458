"""Signing in at the page by another provider, and the linked providers in the settings."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser, expect
from pydantic import SecretStr

from app.fastapi_engine.constructor import build_app
from app.modules.oidc_module.settings import OidcSettings, ProviderSettings
from app.modules.oidc_module.tests.provider import CLIENT_ID, CLIENT_SECRET, EGRESS, FakeProvider
from app.settings import Settings
from app.settings.app_settings import AppSettings
from app.utils.container import Container
from tests.browsers import Reader
from tests.fakers import PASSWORD, FakeClient, ok

# The button of the dialog, which appears only when the session is 10 minutes old.
_GO_TO_PROVIDER = """() => {
    const main = [...document.scripts].find(script => script.type === 'module').src;
    return import(new URL('providers.js', main)).then(({ goToProvider }) => { goToProvider('acme', 'signIn'); });
}"""


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider().listening() as provider:
        yield provider


@pytest.fixture
def app(settings: Settings, provider: FakeProvider) -> FastAPI:
    acme = ProviderSettings(issuer=provider.issuer, client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET))
    own = OidcSettings(providers={"acme": acme})
    return build_app(replace(settings, egress=EGRESS, own={**settings.own, OidcSettings: own}))


@pytest.fixture
async def page_of(browser: Browser, live_server: str, container: Container) -> AsyncIterator[Reader]:
    """A window at the server, whose port is known only now."""
    settings = container.get(AppSettings)
    container.replace(AppSettings, settings.model_copy(update={"public_url": f"http://{live_server}"}))
    reader = await Reader.open_window(browser, live_server)
    await reader.page.goto(f"{reader.address}/ui")
    yield reader
    await reader.context.close()


async def test_a_new_person_signs_in_by_the_provider(page_of: Reader, provider: FakeProvider) -> None:
    page = page_of.page
    await page.get_by_role("button", name="Sign in with Acme").click()
    await page_of.is_online()
    assert page.url.removesuffix("#") == f"{page_of.address}/ui"
    assert all(url.startswith(provider.issuer) for url in page_of.strangers)
    settings = await page_of.settings()
    section = settings.get_by_role("region", name="Sign-in with other services")
    await expect(section).to_contain_text("anna@example.com")
    await expect(section.get_by_role("listitem")).to_contain_text("Acme")
    await settings.get_by_role("button", name="Unlink anna@example.com").click()
    await page.get_by_role("button", name="Unlink", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("the only way to sign in")


async def test_an_existing_account_is_linked_after_its_password_and_can_be_linked_again(
    page_of: Reader, provider: FakeProvider, her: FakeClient
) -> None:
    page = page_of.page
    provider.people["anna-1"]["email"] = f"{her.username}@example.com"
    await page.get_by_role("button", name="Sign in with Acme").click()
    await expect(page.get_by_text("There is an account with this address")).to_be_visible()
    await page.locator("#login").fill(her.username)
    await page.locator("#password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("button", name="Link", exact=True).click()
    await expect(page.get_by_text("The sign-in service is linked to your account.")).to_be_visible()
    settings = await page_of.settings()
    section = settings.get_by_role("region", name="Sign-in with other services")
    remove = section.get_by_role("button", name=f"Unlink {her.username}@example.com")
    await remove.click()
    await page.get_by_role("button", name="Unlink", exact=True).click()
    await expect(remove).to_have_count(0)
    await section.get_by_role("button", name="Link Acme").click()
    # The browser has left the page and come back. The text may still be that of the first time.
    await expect(settings).to_have_count(0)
    await expect(page.get_by_text("The sign-in service is linked to your account.")).to_be_visible()
    await expect((await page_of.settings()).get_by_role("button", name=f"Unlink {her.username}@")).to_be_visible()


async def test_a_provider_is_linked_to_an_account_that_signed_in_meanwhile_only_if_it_agrees(
    page_of: Reader, provider: FakeProvider, her: FakeClient, anna: FakeClient
) -> None:
    page = page_of.page
    await page_of.sign_in(her.username)

    # The provider waits for a click. An empty address leads to the same page.
    provider.answers["/authorize"] = HTMLResponse('<a href="">Continue</a>')
    await (await page_of.settings()).get_by_role("button", name="Link Acme").click()
    await expect(page.get_by_role("link", name="Continue")).to_be_visible()
    second = await page_of.context.new_page()
    in_second = replace(page_of, page=second)
    await second.goto(f"{page_of.address}/ui")
    await (await in_second.settings()).get_by_role("button", name="Sign out", exact=True).click()
    await in_second.sign_in(anna.username)
    provider.answers.clear()
    await page.get_by_role("link", name="Continue").click()
    question = page.get_by_role("dialog").filter(has_text="to Анна?")
    await expect(question).to_be_visible()
    assert ok(await anna.get("/accounts/me/identities"))["items"] == []
    await question.get_by_role("button", name="Link", exact=True).click()
    await expect(page.get_by_text("The sign-in service is linked to your account.")).to_be_visible()


async def test_a_refusal_at_the_provider_is_explained(page_of: Reader, provider: FakeProvider) -> None:
    provider.returns = {"iss": "https://evil.example"}
    await page_of.page.get_by_role("button", name="Sign in with Acme").click()
    await expect(page_of.page.get_by_text("The sign-in with this service has failed")).to_be_visible()
    await expect(page_of.page.locator("#login")).to_be_visible()


async def test_signing_in_again_as_another_account_shows_that_account(
    page_of: Reader, provider: FakeProvider, her: FakeClient
) -> None:
    page = page_of.page
    await page.get_by_role("button", name="Sign in with Acme").click()
    await page_of.is_online()
    settings = await page_of.settings()
    await settings.get_by_role("button", name="Sign out").click()
    await page_of.sign_in(her.username)
    await expect(page.locator(".own")).to_contain_text("Ева")
    await page.evaluate(_GO_TO_PROVIDER)
    await page.wait_for_url("**/ui**")
    await expect(page.locator(".own")).to_contain_text("Анна")
    await page_of.is_online()
