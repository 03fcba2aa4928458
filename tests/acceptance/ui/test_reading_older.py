"""Reading older messages of a chat while it changes."""

from playwright.async_api import Locator, expect

from tests.browsers import Reader
from tests.fakers import FakeClient, ok


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
