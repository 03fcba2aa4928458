"""The switch in the settings that turns the notifications of a device on and off."""

import re

from playwright.async_api import Route, expect

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.push_module.tests.devices import PATH, PushService
from tests.acceptance.ui.pushed import PushedReader
from tests.fakers import PASSWORD, FakeClient, eventually, ok
from tests.manage import manage

# As in pushDevice.js.
SUBSCRIBES_WITHIN_MS = 30_000


async def test_the_device_is_unsubscribed_when_the_switch_is_turned_off(
    pushed: PushedReader, anna: FakeClient, yard: str
) -> None:
    await pushed.turn_on()
    await anna.send(yard, "Кто идёт?")
    await pushed.deliver((await pushed.device.until(1))[0])
    await pushed.until_shown(1)
    other = await pushed.open_tab()
    await other.locator(".own").click()
    switch_there = other.get_by_role("switch", name="Notify me on this device")
    await expect(switch_there).to_be_checked()
    switch = await pushed.switch()
    await expect(switch).to_be_checked()
    await switch.press("Space")

    async def is_over() -> bool:
        return not await pushed.subscriptions() and await pushed.endpoint() is None and not await pushed.shown()

    await eventually(is_over)
    await expect(switch).not_to_be_checked()
    await expect(switch_there).not_to_be_checked()
    await pushed.page.reload()
    await expect(await pushed.switch()).not_to_be_checked()


async def test_a_browser_that_blocks_notifications_says_where_to_allow_them(pushed: PushedReader) -> None:
    await pushed.permit("denied")
    switch = await pushed.switch()
    await switch.click()
    await expect(switch).not_to_be_checked()
    await expect(switch).to_have_accessible_description(re.compile("^The browser blocks notifications"))
    assert (await pushed.subscriptions(), pushed.devices) == ([], [])
    await pushed.permit("granted")
    await switch.check()
    await pushed.until_subscribed()
    await expect(switch).to_be_checked()


async def test_a_push_service_that_is_out_of_order_is_reported(pushed: PushedReader) -> None:
    pushed.is_out_of_order = True
    switch = await pushed.switch()
    await switch.click()
    error = pushed.page.locator("#push-error")
    await expect(error).to_contain_text("The push service of this browser cannot be reached.")
    await expect(switch).not_to_be_checked()
    pushed.is_out_of_order = False
    await switch.check()
    await pushed.until_subscribed()
    await expect(switch).to_be_checked()
    await expect(error).to_have_text("")


async def test_a_push_service_that_does_not_answer_is_reported_after_a_while(pushed: PushedReader) -> None:
    pushed.is_silent = True
    await pushed.page.clock.install()
    switch = await pushed.switch()
    await switch.click()
    await pushed.until_asked(1)
    await pushed.page.clock.fast_forward(SUBSCRIBES_WITHIN_MS)
    error = pushed.page.locator("#push-error")
    await expect(error).to_contain_text("The push service of this browser cannot be reached.")
    await expect(switch).not_to_be_checked()
    pushed.is_silent = False
    await switch.check()
    await pushed.until_subscribed()


async def test_the_switch_is_turned_off_while_the_push_service_does_not_answer(pushed: PushedReader) -> None:
    await pushed.turn_on()
    await pushed.page.evaluate("localStorage.removeItem('test.subscription')")
    pushed.is_silent = True
    await pushed.page.reload()
    await pushed.until_asked(2)
    await (await pushed.switch()).uncheck()
    await pushed.page.reload()
    await expect(await pushed.switch()).not_to_be_checked()


async def test_a_device_that_the_server_refuses_is_not_subscribed_in_the_browser_either(pushed: PushedReader) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=429, json={"code": "rate_limited", "title": "Too many requests"})

    await pushed.page.route(f"**{PATH}", refuse)
    switch = await pushed.switch()
    await switch.click()
    await expect(pushed.page.locator("#push-error")).not_to_have_text("")
    await expect(switch).not_to_be_checked()
    assert await pushed.endpoint() is None
    pushed.reader.ignore_complaints("429")


async def test_who_signs_out_gets_no_more_notifications_and_the_next_account_none_of_them(
    pushed: PushedReader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await pushed.turn_on()
    await anna.send(yard, "Кто идёт?")
    await pushed.deliver((await pushed.device.until(1))[0])
    await pushed.until_shown(1)
    await (await pushed.reader.settings()).get_by_role("button", name="Sign out", exact=True).click()
    await expect(pushed.page.locator("#login")).to_be_visible()

    async def is_over() -> bool:
        return await pushed.endpoint() is None and not await pushed.shown()

    await eventually(is_over)
    assert ok(await her.get(PATH))["items"] == []
    await pushed.reader.sign_in(anna.username)
    await expect(await pushed.switch()).not_to_be_checked()
    assert await pushed.subscriptions() == []
    assert len(pushed.devices) == 1


async def test_an_account_does_not_take_over_what_another_one_has_left_in_the_browser(
    pushed: PushedReader, anna: FakeClient
) -> None:
    await pushed.turn_on()
    await pushed.page.evaluate("localStorage.removeItem('messenger.session')")
    await pushed.reader.sign_in(anna.username)

    async def is_over() -> bool:
        return await pushed.endpoint() is None

    await eventually(is_over)
    await expect(await pushed.switch()).not_to_be_checked()
    assert await pushed.subscriptions() == []


async def test_a_subscription_that_the_server_has_lost_is_made_again_when_the_page_starts(
    pushed: PushedReader, sql: Connection
) -> None:
    await pushed.turn_on()
    (before,) = await pushed.subscriptions()
    await sql.execute("DELETE FROM push_subscription")
    await pushed.page.reload()
    await pushed.until_subscribed()
    assert (await pushed.subscriptions())[0]["id"] != before["id"]
    # The browser has kept its own.
    assert len(pushed.devices) == 1


async def test_after_a_new_key_of_the_server_the_device_subscribes_with_it(
    pushed: PushedReader, her: FakeClient, database_address: DatabaseAddress
) -> None:
    await pushed.turn_on()
    # Of two open pages one subscribes.
    other = await pushed.open_tab()
    assert (await manage(database_address, "push", "rotate")).exit_code == 0
    await pushed.until_subscribed()
    assert pushed.keys[-1] == ok(await her.get("/push/key"))["public_key"] != pushed.keys[0]
    assert await pushed.endpoint() == pushed.device.subscription["endpoint"]
    await other.close()
    # Also if the page was closed.
    await pushed.page.goto("about:blank")
    assert (await manage(database_address, "push", "rotate")).exit_code == 0
    await pushed.page.goto(f"{pushed.reader.address}/ui")
    await pushed.reader.is_online()
    await pushed.until_subscribed()
    assert pushed.keys[-1] == ok(await her.get("/push/key"))["public_key"]
    assert len(pushed.devices) == 3


async def test_a_device_that_its_push_service_does_not_know_any_more_subscribes_again(
    pushed: PushedReader, push_service: PushService, anna: FakeClient, yard: str
) -> None:
    await pushed.turn_on()
    push_service.answers[pushed.device.path] = ["410 Gone"]
    await anna.send(yard, "Кто идёт?")

    async def is_new() -> bool:
        return len(pushed.devices) == 2 and await pushed.endpoint() == pushed.device.subscription["endpoint"]

    await eventually(is_new)
    await pushed.until_subscribed()
    await anna.send(yard, "Я принесу чай")
    assert [one["body"] for one in await pushed.device.until(1)] == ["Анна: Я принесу чай"]


async def test_an_open_page_subscribes_again_when_the_browser_has_ended_its_subscription(
    pushed: PushedReader, anna: FakeClient, yard: str
) -> None:
    await pushed.turn_on()
    await pushed.page.evaluate("localStorage.removeItem('test.subscription')")
    await pushed.worker.evaluate("() => self.dispatchEvent(new ExtendableEvent('pushsubscriptionchange'))")

    async def is_known() -> bool:
        return len(await pushed.subscriptions()) == 2

    await eventually(is_known)
    assert await pushed.endpoint() == pushed.device.subscription["endpoint"]
    await anna.send(yard, "Кто идёт?")
    assert [one["body"] for one in await pushed.device.until(1)] == ["Анна: Кто идёт?"]


async def test_the_subscription_goes_on_with_the_session_of_who_signs_in_again(
    pushed: PushedReader, sql: Connection
) -> None:
    await pushed.turn_on()
    (before,) = await pushed.subscriptions()
    await sql.execute("UPDATE auth_session SET created_at = now() - interval '11 minutes'")
    part = (await pushed.reader.settings()).get_by_role("region", name="API keys")
    await part.get_by_role("button", name="New key").click()
    form = pushed.page.get_by_role("dialog", name="New key")
    await form.get_by_label("Name of the key").fill("Робот")
    await form.get_by_role("checkbox", name="chats:read").check()
    await form.get_by_role("button", name="Create the key").click()
    again = pushed.page.get_by_role("dialog", name="Sign in again")
    await again.get_by_label("Password").fill(PASSWORD)
    await again.get_by_role("button", name="Continue").click()
    await expect(again).to_have_count(0)
    await pushed.until_subscribed()
    (after,) = await pushed.subscriptions()
    assert (after["id"], after["session_id"] == before["session_id"]) == (before["id"], False)
    pushed.reader.ignore_complaints("401")
