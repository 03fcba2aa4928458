"""Messages that change while older ones, their quotes or their threads are read: the page keeps the change."""

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok


async def test_an_edit_during_a_load_that_fails_does_not_replace_a_later_one(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    for number in range(1, 60):
        await her.send(yard, f"№ {number}")
    await anna.send(yard, "№ 60")
    await eve.open("Двор")
    last = eve.page.locator('[data-seq="60"] .text')
    await expect(last).to_have_text("№ 60")
    held = await eve.hold("**/messages?before_seq=*")
    scroller = eve.page.locator(".scroller")
    await scroller.evaluate("scroller => { scroller.scrollTop = 0; }")
    await held.until_asked()
    ok(await anna.patch(f"/chats/{yard}/messages/60", {"text": "Первая правка"}))
    await expect(last).to_have_text("Первая правка")
    # The page tries it once more, and then waits a moment.
    for number in (0, 1):
        await held.until_asked(number + 1)
        await held.waiting[number].abort()
    held.end()
    # The page knows of the second failure when it has this answer.
    await eve.page.evaluate("fetch(location.href)")
    await expect(eve.page.locator(".toast")).to_have_text(["The server does not answer. Try again."])
    ok(await anna.patch(f"/chats/{yard}/messages/60", {"text": "Вторая правка"}))
    await expect(last).to_have_text("Вторая правка")

    async def is_loaded() -> bool:
        await scroller.evaluate("scroller => { scroller.scrollTop = 1 - Math.min(scroller.scrollTop, 1); }")
        return bool(await eve.page.locator('[data-seq="1"]').count())

    await eventually(is_loaded)
    await expect(last).to_have_text("Вторая правка")
    eve.ignore_complaints("ERR_FAILED")


async def test_a_quote_that_is_read_late_does_not_replace_a_later_edit(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "№ 1")
    for number in range(2, 61):
        await her.send(yard, f"№ {number}")
    await anna.send(yard, "Ответ", reply_to_seq=1)
    await eve.open("Двор")
    quote = eve.message("Ответ").locator(".quote")
    await expect(quote).to_contain_text("№ 1")
    first = f"/chats/{yard}/messages/1"
    held = await eve.hold(f"**{first}")
    ok(await anna.patch(first, {"text": "Первая правка"}))
    await held.until_asked()
    old = ok(await her.get(first))
    ok(await anna.patch(first, {"text": "Вторая правка"}))
    await held.until_asked(2)
    await held.answer_late(eve.page, old)
    await expect(quote).to_contain_text("Вторая правка")


async def test_a_thread_that_is_read_late_has_the_changes_of_its_messages(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Кто принесёт чай?")
    await anna.send(yard, "Я!", root_seq=1)
    for number in range(3, 61):
        await her.send(yard, f"№ {number}")
    await anna.send(yard, "И сахар", root_seq=1)
    await eve.open("Двор")
    replies = f"/chats/{yard}/threads/1/messages"
    held = await eve.hold(f"**{replies}*")
    await eve.page.locator('[data-seq="61"] .thread-link').click()
    await held.until_asked()
    old = ok(await her.get(replies))
    ok(await anna.patch(f"/chats/{yard}/messages/1", {"text": "Кто принесёт кофе?"}))
    ok(await anna.put(f"/chats/{yard}/messages/2/reactions/👍"))
    ok(await anna.patch(f"/chats/{yard}/messages/2", {"text": "Мы!"}))
    await anna.send(yard, "Всё")
    await expect(eve.item("Двор")).to_contain_text("Всё")
    await held.answer_late(eve.page, old)
    thread = eve.page.get_by_role("dialog", name="Thread")
    await expect(thread.locator(".text")).to_have_text(["Кто принесёт кофе?", "Мы!", "И сахар"])
    await expect(thread.locator(".reaction")).to_have_text("👍1")


async def test_a_count_of_replies_that_is_read_late_does_not_replace_a_later_one(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    root = f"/chats/{yard}/messages/1"
    await anna.send(yard, "Кто принесёт чай?")
    for text in ("Я!", "И я!", "И сахар"):
        await anna.send(yard, text, root_seq=1)
    await eve.open("Двор")
    link = eve.page.locator('[data-seq="1"] .thread-link')
    await expect(link).to_have_text("3 replies")
    held = await eve.hold(f"**{root}")
    ok(await anna.delete(f"/chats/{yard}/messages/2"))
    await held.until_asked()
    old = ok(await her.get(root))
    ok(await anna.delete(f"/chats/{yard}/messages/3"))
    await held.until_asked(2)
    await held.answer_late(eve.page, old)
    await expect(link).to_have_text("1 reply")
