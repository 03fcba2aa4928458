"""The page explains why the server has refused something."""

from datetime import datetime, timedelta

from playwright.async_api import expect

from app.modules.bots_module.tests.bots import create_bot
from tests.acceptance.ui.conftest import Busy
from tests.browsers import Reader
from tests.fakers import FakeClient, ok


async def test_the_page_explains_who_cannot_be_added_to_a_chat(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient
) -> None:
    ok(await boris.patch("/accounts/me", {"who_may_add": "nobody"}))
    await create_bot(anna, "chats:read", display_name="Погода")
    await her.open_chat(title="Двор")
    await eve.open("Двор")
    await eve.page.get_by_role("button", name="Members").click()
    for name, reason in (
        ("Борис", "One of these people does not allow others to add them to chats."),
        ("Погода", "A bot can only be added to a chat that its owner is in."),
    ):
        await eve.page.get_by_role("button", name="Add people").click()
        picker = eve.page.get_by_role("dialog", name="Add people")
        await picker.get_by_label("Find people").fill(name)
        await picker.locator(".chat-item", has_text=name).click()
        await picker.get_by_role("button", name="Add people").click()
        await expect(eve.page.locator(".toast").last).to_have_text(reason)
        await picker.get_by_role("button", name="Close").click()
    eve.ignore_complaints("403")


async def test_the_page_explains_beside_the_field_why_a_username_is_refused(eve: Reader) -> None:
    settings = await eve.settings()
    await settings.locator("#username").fill("___")
    await settings.get_by_role("button", name="Save").click()
    await expect(settings.locator("#username-error")).to_have_text(
        "A username has 3 to 32 of a–z, digits, _ and ., a letter or digit among them, and is not reserved."
    )
    await expect(settings.locator("#username")).to_be_focused()
    eve.ignore_complaints("422")


async def test_mentions_that_cannot_be_read_do_not_load_forever(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, f"Привет, @{her.username}")
    busy = await Busy.begin(eve.page, "**/api/v1/mentions?*")
    await eve.page.locator(".icon-mention").click()
    mentions = eve.page.get_by_role("dialog", name="Mentions")
    note = mentions.locator(".hint")
    await expect(note).to_have_text("The server is busy. Try again.")
    await expect(note).not_to_contain_class("loading")
    await busy.end_once_asked()
    await mentions.get_by_role("button", name="Only unread").click()
    await expect(mentions.get_by_role("listitem")).to_have_count(1)
    await expect(note).to_be_empty()
    eve.ignore_complaints("503")


async def test_devices_that_cannot_be_read_do_not_load_forever(eve: Reader) -> None:
    await Busy.begin(eve.page, "**/api/v1/accounts/sessions?*")
    settings = await eve.settings()
    await expect(eve.page.locator(".toast")).to_have_text("The server is busy. Try again.")
    await expect(settings.locator(".loading")).to_have_count(0)
    eve.ignore_complaints("503")


async def test_a_line_that_is_shown_again_is_not_doubled_and_its_time_begins_anew(eve: Reader) -> None:
    await eve.page.clock.install()
    await eve.page.clock.pause_at(datetime.now() + timedelta(hours=1))
    settings = await eve.settings()
    saved = eve.page.locator(".toast", has_text="Saved")
    for _ in range(2):
        await settings.get_by_role("button", name="Save").click()
        await expect(saved).to_have_count(1)
        await eve.page.clock.run_for(5000)
    await expect(saved).to_have_count(1)
    await eve.page.clock.run_for(1000)
    await expect(saved).to_have_count(0)
