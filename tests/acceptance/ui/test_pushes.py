"""What a push shows, and what the user does with it, while the page is closed or shows something else."""

from playwright.async_api import expect

from tests.acceptance.ui.pushed import PushedReader
from tests.fakers import FakeClient, eventually, ok

_CLICK = """async () => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
}"""
# Only a click of a real user may open a window.
_NOTE_OPENED = (
    "() => { self.opened = new Promise((resolve) => { self.clients.openWindow = async (url) => resolve(url); }); }"
)
# The page learns of it at once: a message that arrived before would make it scroll back.
_SCROLL_UP = "scroller => { scroller.scrollTop = 0; scroller.dispatchEvent(new Event('scroll')); }"


def message(chat_id: str, seq: int, body: str) -> dict[str, object]:
    tag = f"chat-{chat_id}"
    return {
        "v": 1,
        "kind": "message",
        "chat_id": chat_id,
        "seq": seq,
        "title": "Двор",
        "body": body,
        "badge": 1,
        "tag": tag,
    }


async def test_a_message_is_shown_until_the_chat_is_read(
    pushed: PushedReader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await pushed.turn_on()
    assert pushed.keys == [ok(await her.get("/push/key"))["public_key"]]
    await anna.send(yard, "Кто идёт?")
    await pushed.deliver((await pushed.device.until(1))[0])
    (shown,) = await pushed.until_shown(1)
    assert (shown["title"], shown["body"], shown["tag"]) == ("Двор", "Анна: Кто идёт?", f"chat-{yard}")
    assert await pushed.page.evaluate("async url => (await fetch(url)).headers.get('content-type')", shown["icon"]) == (
        "image/png"
    )
    await anna.send(yard, "Я принесу чай")
    await pushed.deliver((await pushed.device.until(2))[1])

    async def is_newer() -> bool:
        return [(one["body"], one["renotify"]) for one in await pushed.shown()] == [("Анна: Я принесу чай", True)]

    await eventually(is_newer)
    ok(await her.put(f"/chats/{yard}/read", {"seq": 2}))
    cleared = (await pushed.device.until(3))[2]
    assert cleared["kind"] == "clear"
    await pushed.deliver(cleared)
    await pushed.until_shown(0)


async def test_a_click_opens_the_chat_in_the_page_that_is_open(
    pushed: PushedReader, anna: FakeClient, yard: str
) -> None:
    await pushed.turn_on()
    await pushed.deliver(message(yard, 1, "Кто идёт?"))
    await pushed.until_shown(1)
    await pushed.reader.settings()
    await pushed.worker.evaluate(_CLICK)
    await expect(pushed.page.locator(".conversation")).to_contain_text("Двор")
    # No dialog covers it.
    await expect(pushed.page.locator("dialog")).to_have_count(0)
    await expect(pushed.reader.composer).to_be_focused()
    await pushed.until_shown(0)
    # The next one is in the chat that is open, below what the user reads.
    await anna.send(yard, "\n".join(map(str, range(100))))
    await anna.send(yard, "Я принесу чай")
    newest = pushed.reader.message("Я принесу чай")
    await expect(newest).to_be_in_viewport()
    await pushed.page.locator(".scroller").evaluate(_SCROLL_UP)
    await expect(pushed.page.get_by_role("button", name="To the newest messages")).to_be_visible()
    await pushed.deliver(message(yard, 2, "Я принесу чай"))
    await pushed.until_shown(1)
    await pushed.worker.evaluate(_CLICK)
    await expect(newest).to_be_in_viewport()


async def test_a_click_opens_a_new_page_if_none_is_open(pushed: PushedReader, yard: str) -> None:
    await pushed.turn_on()
    await pushed.deliver(message(yard, 1, "Кто идёт?"))
    await pushed.until_shown(1)
    await pushed.worker.evaluate(_NOTE_OPENED)
    await pushed.page.goto("about:blank")
    await pushed.worker.evaluate(_CLICK)
    assert await pushed.worker.evaluate("self.opened") == f"/ui/#/{yard}"


async def test_a_message_that_is_newer_than_what_was_read_stays(pushed: PushedReader, yard: str) -> None:
    await pushed.turn_on()
    await pushed.deliver(message(yard, 7, "Я принесу чай"))
    await pushed.until_shown(1)
    await pushed.deliver({**message(yard, 6, ""), "kind": "clear"})
    await pushed.deliver(message("another", 1, "Привет"))
    assert {one["body"] for one in await pushed.until_shown(2)} == {"Я принесу чай", "Привет"}


async def test_a_push_that_the_worker_does_not_understand_is_ignored(pushed: PushedReader, yard: str) -> None:
    await pushed.turn_on()
    good = message(yard, 1, "Кто идёт?")
    for bad in ("not JSON", "null", {**good, "v": 2}, {**good, "kind": "call"}, {**good, "tag": ""}):
        await pushed.deliver(bad)
    await pushed.deliver(message("another", 1, "Привет"))
    assert [one["body"] for one in await pushed.until_shown(1)] == ["Привет"]
