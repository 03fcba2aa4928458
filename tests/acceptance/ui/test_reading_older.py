"""Reading older messages of a chat while it changes."""

import asyncio
import re

from playwright.async_api import Locator, Route, expect

from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok

_SEQS = "rows => rows.map(row => Number(row.dataset.seq))"


async def _top(row: Locator) -> float:
    box = await row.bounding_box()
    assert box is not None
    return box["y"]


async def test_what_is_being_read_stays_in_place_when_a_message_above_it_changes(
    eve: Reader, anna: FakeClient, yard: str
) -> None:
    for number in range(1, 46):
        await anna.send(yard, f"сообщение {number}")
    await eve.open("Двор")
    changed, read = (eve.page.locator(f'[data-seq="{seq}"]') for seq in (5, 20))
    await expect(read).to_be_visible()
    await read.evaluate("row => row.scrollIntoView()")
    await expect(eve.page.get_by_role("button", name="To the newest messages")).to_be_visible()
    place = await _top(read)
    ok(await anna.patch(f"/chats/{yard}/messages/5", {"text": "строка\n" * 20}))
    await expect(changed).to_contain_text("edited")
    assert abs(await _top(read) - place) < 1
    ok(await anna.put(f"/chats/{yard}/messages/5/reactions/🎉"))
    await expect(changed.locator(".reaction")).to_have_count(1)
    assert abs(await _top(read) - place) < 1
    ok(await anna.delete(f"/chats/{yard}/messages/5"))
    await expect(changed).to_contain_text("Message deleted")
    assert abs(await _top(read) - place) < 1


async def _open_with_first_message(eve: Reader, sender: FakeClient, chat: str) -> Locator:
    """Returns the messages that the page shows."""
    rows = eve.page.locator(".message[data-seq]")
    await sender.send(chat)
    await expect(eve.item("Двор")).to_contain_text("Анна: Привет")
    await eve.open("Двор")
    await expect(rows).to_have_count(1)
    return rows


async def _expect_newest(rows: Locator, last: int) -> None:
    seqs = await rows.evaluate_all(_SEQS)
    assert seqs == list(range(seqs[0], last + 1))
    assert 250 <= len(seqs) <= 300


async def _send_many(sender: FakeClient, chat: str) -> None:
    for _ in range(32):
        await asyncio.gather(*(sender.send(chat) for _ in range(10)))


async def _read_back(eve: Reader, seq: int) -> None:
    """Scrolls up until a message is loaded, and shows it."""
    row = eve.page.locator(f'[data-seq="{seq}"]')

    async def is_loaded() -> bool:
        await eve.page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = 0; }")
        return bool(await row.count())

    await eventually(is_loaded)
    await row.scroll_into_view_if_needed()


async def test_a_chat_that_stays_open_keeps_no_more_messages_than_are_read(
    eve: Reader, anna: FakeClient, yard: str
) -> None:
    rows = await _open_with_first_message(eve, anna, yard)
    await _send_many(anna, yard)
    await expect(eve.page.locator('[data-seq="321"]')).to_be_in_viewport()
    await _expect_newest(rows, 321)
    # They are loaded again, and stay while they are read.
    await _read_back(eve, 1)
    await anna.send(yard)
    await expect(eve.page.locator('[data-seq="322"]')).to_be_attached()
    assert await rows.evaluate_all(_SEQS) == list(range(1, 323))


async def test_a_chat_that_was_left_keeps_no_more_messages_than_are_shown_first(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    rows = await _open_with_first_message(eve, anna, yard)
    await eve.page.evaluate("location.hash = '#/'")
    await expect(rows).to_have_count(0)
    await _send_many(her, yard)
    await her.send(yard, "Вот и всё")
    await expect(eve.item("Двор")).to_contain_text("Вот и всё")
    await eve.open("Двор")
    await expect(rows.last).to_have_attribute("data-seq", "322")
    await _expect_newest(rows, 322)


async def test_a_chat_with_many_unread_messages_opens_at_the_first_of_them(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard)
    for _ in range(8):
        await asyncio.gather(*(anna.send(yard) for _ in range(10)))
    ok(await her.put(f"/chats/{yard}/read", {"seq": 9}))
    badge = eve.item("Двор").locator(".badge")
    await expect(badge).to_have_text("72")
    await eve.open("Двор")
    await expect(eve.page.locator('[data-seq="10"]')).to_be_in_viewport()
    await expect(eve.page.locator(".rows .divider.new + .message")).to_have_attribute("data-seq", "10")
    await expect(eve.page.locator('[data-seq="81"]')).not_to_be_in_viewport()
    # What is below the view stays unread.
    await expect(badge).to_have_text(re.compile(r"^[3-6]\d$"))
    await expect(eve.page.locator(".jump .badge")).to_have_text(re.compile(r"^[3-6]\d$"))
    await eve.page.get_by_role("button", name="To the newest messages").click()
    await expect(eve.page.locator('[data-seq="81"]')).to_be_in_viewport()
    await expect(badge).to_have_count(0)


async def test_a_chat_opens_at_its_first_unread_message_also_if_another_one_arrives_meanwhile(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    for _ in range(6):
        await asyncio.gather(*(anna.send(yard) for _ in range(10)))
    ok(await her.put(f"/chats/{yard}/read", {"seq": 10}))
    await expect(eve.item("Двор").locator(".badge")).to_have_text("50")

    async def send_before(route: Route) -> None:
        await anna.send(yard)
        await route.continue_()

    await eve.page.route(f"**/chats/{yard}/messages?*", send_before)
    await eve.open("Двор")
    await expect(eve.page.locator(".rows .divider.new + .message")).to_have_attribute("data-seq", "11")
    await expect(eve.page.locator('[data-seq="11"]')).to_be_in_viewport()


async def test_a_chat_that_was_left_opens_at_its_first_unread_message_also_if_the_page_has_forgotten_it(
    eve: Reader, anna: FakeClient, yard: str
) -> None:
    rows = await _open_with_first_message(eve, anna, yard)
    await eve.page.evaluate("location.hash = '#/'")
    await expect(rows).to_have_count(0)
    await _send_many(anna, yard)
    await expect(eve.item("Двор").locator(".badge")).to_have_text("320")
    await eve.open("Двор")
    await expect(eve.page.locator('[data-seq="2"]')).to_be_in_viewport()
    await expect(eve.item("Двор").locator(".badge")).to_have_text(re.compile(r"^[23]\d\d$"))


async def test_the_address_of_a_message_leads_to_it_also_if_the_chat_has_not_been_opened_before(
    eve: Reader, her: FakeClient, yard: str
) -> None:
    for number in range(1, 46):
        await her.send(yard, f"сообщение {number}")
    await expect(eve.item("Двор")).to_contain_text("сообщение 45")
    await eve.page.evaluate(f"location.hash = '#/{yard}/5'")
    await expect(eve.page.locator('[data-seq="5"]')).to_be_in_viewport()
    await expect(eve.page.locator('[data-seq="45"]')).not_to_be_in_viewport()
