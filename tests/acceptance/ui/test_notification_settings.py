"""Pushes, mails about unread messages, and quiet hours, in the settings of the page."""

from typing import Any

from playwright.async_api import Browser, expect

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok
from tests.servers import listening, without

PATH = "/accounts/me/notifications"


async def test_mails_are_turned_on_again_and_quiet_hours_are_set(eve: Reader, her: FakeClient) -> None:
    async def has_time_zone() -> bool:
        return ok(await her.get(PATH))["time_zone"] is not None

    # The page stores its own one, as the account has none.
    await eventually(has_time_zone)
    ok(await her.put(PATH, {"email": "none", "time_zone": "Asia/Yakutsk"}))
    settings = await eve.settings()
    part = settings.get_by_role("region", name="Notifications")
    await expect(part).to_contain_text("Asia/Yakutsk")
    mails, begin, end = [part.get_by_label(label) for label in ("Mails about unread messages", "From", "Until")]
    change = part.get_by_role("button", name="Change notifications")
    expected: dict[str, Any] = {}

    async def is_saved() -> bool:
        return expected.items() <= ok(await her.get(PATH)).items()

    await expect(mails).to_have_value("none")
    await mails.select_option("direct chats and mentions")
    await begin.fill("22:00")
    await change.click()
    await expect(end).to_have_accessible_description("Enter when the quiet hours end.")
    boxes = [await field.bounding_box() for field in (begin, end)]
    assert len({(box["y"], box["height"]) for box in boxes if box}) == 1
    await end.fill("22:00")
    await change.click()
    await expect(part.get_by_role("alert")).to_have_text("Quiet hours begin and end at different times.")
    await end.fill("07:30")
    await change.click()
    expected = {"email": "mentions", "quiet_hours": {"from": "22:00", "to": "07:30"}}
    await eventually(is_saved)
    await expect(eve.page.locator(".toast")).to_have_text("Saved")

    # What another device has chosen meanwhile stays.
    ok(await her.put(PATH, {"email": "all"}))
    await begin.fill("")
    await end.fill("")
    await change.click()
    expected = {"email": "all", "quiet_hours": None}
    await eventually(is_saved)
    await eve.page.keyboard.press("Escape")
    part = (await eve.settings()).get_by_role("region", name="Notifications")
    await expect(part.get_by_label("Mails about unread messages")).to_have_value("all")
    await expect(part.get_by_label("From")).to_have_value("")
    eve.ignore_complaints("422")


async def test_without_mails_about_messages_only_quiet_hours_are_set(settings: Settings, browser: Browser) -> None:
    async with listening(build_app(without(settings, "digests"))) as address:
        reader = await Reader.open_window(browser, address)
        await reader.sign_up("vera", "Вера")
        part = (await reader.settings()).get_by_role("region", name="Notifications")
        await part.get_by_label("From").fill("22:00")
        await part.get_by_label("Until").fill("07:00")
        await part.get_by_role("button", name="Change notifications").click()
        await expect(reader.page.locator(".toast").filter(has_text="Saved")).to_have_count(1)
        await expect(part.get_by_label("Mails about unread messages")).to_have_count(0)
        await reader.context.close()
        assert reader.complaints == []


async def test_what_is_pushed_and_shown_is_chosen_for_all_devices(eve: Reader, her: FakeClient) -> None:
    part = (await eve.settings()).get_by_role("region", name="Notifications")
    await expect(part.get_by_label("Notifications on devices")).to_have_value("all")
    await part.get_by_label("Notifications on devices").select_option("direct chats and mentions")
    await part.get_by_label("What they show").select_option("only the sender")
    await part.get_by_role("button", name="Change notifications").click()
    await expect(eve.page.locator(".toast")).to_have_text("Saved")
    saved = ok(await her.get(PATH))
    assert (saved["push"], saved["preview"], saved["email"]) == ("mentions", "sender", "mentions")


async def test_without_pushes_the_page_offers_none(settings: Settings, browser: Browser) -> None:
    async with listening(build_app(without(settings, "push"))) as address:
        reader = await Reader.open_window(browser, address)
        await reader.sign_up("vera", "Вера")
        part = (await reader.settings()).get_by_role("region", name="Notifications")
        await expect(part.get_by_label("Mails about unread messages")).to_be_visible()
        for label in ("Notify me on this device", "Notifications on devices", "What they show"):
            await expect(part.get_by_label(label)).to_have_count(0)
        await reader.context.close()
        assert reader.complaints == []


async def test_a_browser_that_receives_no_pushes_gets_an_explanation_in_place_of_the_switch(
    browser: Browser, live_server: str, her: FakeClient
) -> None:
    reader = await Reader.open_window(browser, live_server)
    await reader.context.add_init_script("delete window.PushManager")
    await reader.sign_in(her.username)
    part = (await reader.settings()).get_by_role("region", name="Notifications")
    await expect(part).to_contain_text("This browser receives no notifications here.")
    await expect(part.get_by_role("switch")).to_have_count(0)
    await reader.context.close()
    assert reader.complaints == []
