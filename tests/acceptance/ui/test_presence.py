"""Presence of other users on the page."""

import json

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, FakeSocket, eventually, ok


async def test_presence_that_arrives_before_the_account_is_known_is_shown(
    eve: Reader, her: FakeClient, anna: FakeClient, live_server: str
) -> None:
    page = eve.page
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    await page.reload()
    await eve.is_online()
    old = ok(await anna.get(f"/accounts/{anna.id}"))
    assert old["online"] is False
    held = await eve.hold("**/members*")
    # The response was computed before Anna came online, and arrives afterwards.
    await page.route(f"**/accounts/{anna.id}", lambda route: route.fulfill(json=old))
    ok(await anna.post("/chats", {"type": "direct", "member_ids": [her.id]}))

    async def is_received() -> bool:
        signals = [json.loads(frame).get("signal") or {} for frame in frames]
        return any(signal.get("account_id") == anna.id and signal["online"] for signal in signals)

    await held.until_asked()
    async with FakeSocket(anna, live_server):
        await eventually(is_received)
        await held.release()
        await eve.open("Анна")
        await expect(page.locator(".peer p")).to_have_text("online")


async def test_an_account_that_is_online_when_the_page_opens_is_marked_in_the_list(
    eve: Reader, her: FakeClient, anna: FakeClient, live_server: str
) -> None:
    await anna.open_chat(her, type="direct")

    async def is_online() -> bool:
        return bool(ok(await her.get(f"/accounts/{anna.id}"))["online"])

    async with FakeSocket(anna, live_server):
        await eventually(is_online)
        await eve.page.reload()
        await expect(eve.item("Анна").locator(".avatar.online")).to_have_count(1)
