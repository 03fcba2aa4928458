"""What is read on other devices and by other users while the page has no connection."""

import re

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, ok


async def test_messages_that_another_device_has_read_during_an_outage_are_not_unread(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "до обрыва")
    await expect(eve.item("Двор").locator(".badge")).to_have_text("1")
    await eve.context.set_offline(True)
    await eve.is_offline()
    for number in range(2, 5):
        await anna.send(yard, f"@{her.username}, это {number}")
    ok(await her.put(f"/chats/{yard}/read", {"seq": 4}))
    await anna.send(yard, f"@{her.username}, это новое")
    await eve.context.set_offline(False)
    await eve.is_online()
    await expect(eve.item("Двор")).to_contain_text("это новое")
    await expect(eve.item("Двор").locator(".badge")).to_have_text(["@", "1"])
    await expect(eve.page.get_by_role("button", name=re.compile("^Mentions"))).to_have_accessible_name(
        "Mentions: 1 unread mention of you"
    )
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_an_own_message_does_not_move_the_read_position_back(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await eve.context.set_offline(True)
    await eve.is_offline()
    await her.send(yard, "с телефона")
    await anna.send(yard, "ответ")
    ok(await her.put(f"/chats/{yard}/read", {"seq": 2}))
    await eve.context.set_offline(False)
    await eve.is_online()
    await expect(eve.item("Двор")).to_contain_text("ответ")
    await expect(eve.item("Двор").locator(".badge")).to_have_count(0)
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")
