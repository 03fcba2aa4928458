"""API keys and bots in the settings."""

import re

from playwright.async_api import Browser, Locator, expect

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.browsers import Reader
from tests.fakers import PASSWORD, FakeClient, ok
from tests.servers import listening, without


def program_of(user: FakeClient, key: str) -> FakeClient:
    """Returns a program that calls with a key."""
    return FakeClient(user.http, headers={"Authorization": f"Bearer {key}"})


async def create_key(eve: Reader, part: Locator, name: str, *scopes: str) -> str:
    """Creates a key in a part of a dialog. Returns what is shown once."""
    await part.get_by_role("button", name="New key").click()
    form = eve.page.get_by_role("dialog", name="New key")
    await form.get_by_label("Name of the key").fill(name)
    for scope in scopes:
        await form.get_by_role("checkbox", name=scope).check()
    await form.get_by_role("button", name="Create the key").click()
    shown = eve.page.get_by_role("dialog", name=name)
    key = await shown.locator(".secret").inner_text()
    await shown.get_by_role("button", name="Copy").click()
    await expect(eve.page.locator(".toast").filter(has_text="Copied")).not_to_have_count(0)
    assert await eve.page.evaluate("navigator.clipboard.readText()") == key
    # Neither a click beside the dialog nor Escape loses the key.
    await eve.page.mouse.click(2, 2)
    for _ in range(3):
        await eve.page.keyboard.press("Escape")
    await expect(shown).to_be_visible()
    await expect(part).to_be_visible()
    await shown.get_by_role("button", name="Close").click()
    await expect(part.get_by_role("button", name="New key")).to_be_focused()
    return key


async def test_a_user_creates_an_api_key_and_revokes_it(eve: Reader, her: FakeClient, sql: Connection) -> None:
    await eve.context.grant_permissions(["clipboard-read", "clipboard-write"])
    settings = await eve.settings()
    part = settings.get_by_role("region", name="API keys")
    await part.get_by_role("button", name="New key").press("Enter")
    form = eve.page.get_by_role("dialog", name="New key")
    await expect(form.get_by_label("Name of the key")).to_be_focused()
    await form.get_by_label("Name of the key").fill("Отчёты")
    await form.get_by_role("button", name="Create the key").click()
    await expect(form.get_by_role("alert")).to_have_text("Choose at least one scope.")
    await form.get_by_role("checkbox", name="chats:read").press("Space")
    await form.get_by_label("Last day").fill("2001-01-01")
    await form.get_by_role("button", name="Create the key").click()
    await expect(form.get_by_label("Last day")).to_have_accessible_description("Choose a day in the future.")
    await expect(form.get_by_label("Last day")).to_be_focused()
    await form.get_by_label("Last day").fill("2099-12-31")
    await form.get_by_role("button", name="Create the key").click()
    key = await eve.page.get_by_role("dialog", name="Отчёты").locator(".secret").inner_text()
    await eve.page.get_by_role("dialog", name="Отчёты").get_by_role("button", name="Close").click()
    row = part.get_by_role("listitem").filter(has_text="Отчёты")
    await expect(row).to_contain_text("chats:read")
    await expect(row).to_contain_text(re.compile(r"created .+ · not used yet · valid until 31 December 2099"))
    ok(await program_of(her, key).get("/chats"))

    # The session is too old for a change of keys: the user signs in again first.
    await sql.execute("UPDATE auth_session SET created_at = now() - interval '11 minutes'")
    await row.get_by_role("button", name="Revoke Отчёты").click()
    sure = eve.page.get_by_role("dialog", name="Revoke the key Отчёты?")
    await sure.get_by_role("button", name="Revoke", exact=True).click()
    again = eve.page.get_by_role("dialog", name="Sign in again")
    await again.get_by_label("Password").fill(PASSWORD)
    await again.get_by_role("button", name="Continue").click()
    await expect(row).to_have_count(0)
    assert (await program_of(her, key).get("/chats")).status_code == 401
    eve.ignore_complaints("401", "422")


async def test_a_user_creates_a_bot_with_a_key_and_deletes_it(eve: Reader, her: FakeClient, sql: Connection) -> None:
    await eve.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = eve.page
    settings = await eve.settings()
    part = settings.get_by_role("region", name="Bots")
    await part.get_by_role("button", name="New bot").click()
    form = page.get_by_role("dialog", name="New bot")
    await form.get_by_label("Username").fill(her.username)
    await form.get_by_label("Name that others see").fill("Погода")
    await form.get_by_role("button", name="Create the bot").click()
    await expect(form.get_by_label("Username")).to_have_accessible_description("This username is taken.")
    await form.get_by_label("Username").fill("weather_bot")
    await form.get_by_role("button", name="Create the bot").click()
    bot = page.get_by_role("dialog", name="Погода")
    key = await create_key(eve, bot.get_by_role("region", name="API keys"), "Сервер", "profile:read", "chats:read")
    assert ok(await program_of(her, key).get("/accounts/me"))["username"] == "weather_bot"
    await bot.get_by_label("About the bot").fill("Прогноз на завтра")
    await bot.get_by_label("Name that others see").fill("Погода 🌦")
    await bot.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("dialog", name="Погода 🌦")).to_be_visible()
    await page.keyboard.press("Escape")

    await part.get_by_role("button", name="Погода 🌦").click()
    bot = page.get_by_role("dialog", name="Погода 🌦")
    await expect(bot.get_by_label("About the bot")).to_have_value("Прогноз на завтра")
    await expect(bot.get_by_role("listitem").filter(has_text="Сервер")).to_be_visible()
    await bot.get_by_role("button", name="Delete the bot").click()
    sure = page.get_by_role("dialog", name="Delete Погода 🌦 for good?")
    await sure.get_by_role("button", name="Cancel").click()
    await bot.get_by_role("button", name="Delete the bot").click()
    await sure.get_by_label("Delete its messages, too").check()
    # The session is too old for that: the user signs in again first.
    await sql.execute("UPDATE auth_session SET created_at = now() - interval '11 minutes'")
    await sure.get_by_role("button", name="Delete the bot").click()
    again = page.get_by_role("dialog", name="Sign in again")
    await again.get_by_label("Password").fill(PASSWORD)
    await again.get_by_role("button", name="Continue").click()
    await expect(bot).to_have_count(0)
    await expect(part.get_by_role("listitem")).to_have_count(0)
    # The page has ended her earlier session.
    assert ok(await (await her.sign_in()).get("/bots"))["items"] == []
    assert (await program_of(her, key).get("/accounts/me")).status_code == 401
    eve.ignore_complaints("401", "409")


async def test_a_bot_without_a_display_name_is_shown_with_its_new_username(eve: Reader, her: FakeClient) -> None:
    ok(await her.post("/bots", {"username": "weather_bot"}))
    settings = await eve.settings()
    await settings.get_by_role("region", name="Bots").get_by_role("button", name="weather_bot").click()
    bot = eve.page.get_by_role("dialog", name="weather_bot")
    await bot.get_by_label("Username").fill("forecast_bot")
    await bot.get_by_role("button", name="Save").click()
    await expect(eve.page.get_by_role("dialog", name="forecast_bot")).to_be_visible()


async def test_without_the_modules_there_are_no_keys_and_bots_in_the_settings(
    settings: Settings, browser: Browser
) -> None:
    async with listening(build_app(without(settings, "keys", "bots"))) as address:
        reader = await Reader.open_window(browser, address)
        await reader.sign_up("vera", "Вера")
        opened = await reader.settings()
        await expect(opened.get_by_role("region", name="Devices").get_by_role("listitem")).to_have_count(1)
        await expect(opened.get_by_role("region", name="API keys")).to_have_count(0)
        await expect(opened.get_by_role("region", name="Bots")).to_have_count(0)
        await reader.context.close()
        assert reader.complaints == []


async def test_a_key_for_incoming_webhooks_alone_can_be_created(settings: Settings, browser: Browser) -> None:
    for left_out, count in ((("webhooks",), 1), (("webhooks", "incoming_webhooks"), 0)):
        async with listening(build_app(without(settings, *left_out))) as address:
            reader = await Reader.open_window(browser, address)
            await reader.sign_up(f"vera{count}", "Вера")
            await (await reader.settings()).get_by_role("button", name="New key").click()
            form = reader.page.get_by_role("dialog", name="New key")
            await expect(form.get_by_role("checkbox", name="messages:write")).to_have_count(1)
            await expect(form.get_by_role("checkbox", name="webhooks:write")).to_have_count(count)
            await reader.context.close()
            assert reader.complaints == []


async def test_a_form_that_is_submitted_twice_creates_one_key(eve: Reader, her: FakeClient) -> None:
    await (await eve.settings()).get_by_role("button", name="New key").click()
    form = eve.page.get_by_role("dialog", name="New key")
    await form.get_by_label("Name of the key").fill("Отчёты")
    await form.get_by_role("checkbox", name="chats:read").check()
    held = await eve.hold("**/api/v1/accounts/me/keys")
    await form.get_by_role("button", name="Create the key").dblclick()
    await held.until_asked()
    await held.release()
    await expect(eve.page.get_by_role("dialog", name="Отчёты")).to_be_visible()
    assert [key["name"] for key in ok(await her.get("/accounts/me/keys"))["items"]] == ["Отчёты"]
