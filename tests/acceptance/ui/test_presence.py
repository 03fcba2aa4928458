"""Presence of other users on the page."""

import json

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, FakeSocket, eventually, ok


class _Signals:
    """What the page has received since it was opened the last time."""

    def __init__(self, reader: Reader) -> None:
        self._frames: list[str] = []
        reader.page.on("websocket", lambda socket: socket.on("framereceived", self._note))

    def _note(self, frame: str | bytes) -> None:
        self._frames.append(str(frame))

    @classmethod
    async def begin(cls, reader: Reader) -> "_Signals":
        signals = cls(reader)
        await reader.page.reload()
        await reader.is_online()
        return signals

    async def until_followed(self, chat: str, member: FakeClient) -> None:
        """Waits until the page receives what happens in a chat. Signals before that are lost."""
        await member.send(chat)

        async def is_received() -> bool:
            events = [json.loads(frame).get("event") or {} for frame in self._frames]
            return any(event.get("stream_id") == chat and event["kind"] == "message.created" for event in events)

        await eventually(is_received)

    async def until_online(self, account: FakeClient) -> None:
        async def is_received() -> bool:
            signals = [json.loads(frame).get("signal") or {} for frame in self._frames]
            return any(signal.get("account_id") == account.id and signal["online"] for signal in signals)

        await eventually(is_received)


async def test_presence_that_arrives_before_the_account_is_known_is_shown(
    eve: Reader, her: FakeClient, anna: FakeClient, live_server: str
) -> None:
    signals = await _Signals.begin(eve)
    members, account = await eve.hold("**/members*"), await eve.hold(f"**/accounts/{anna.id}")
    chat = await anna.open_chat(her, type="direct")
    await members.until_asked()
    await signals.until_followed(chat, anna)
    async with FakeSocket(anna, live_server):
        await signals.until_online(anna)
        await members.release()
        await eve.open("Анна")
        await expect(eve.page.locator(".peer p")).to_have_text("online")
        await account.release()


async def test_presence_is_not_replaced_by_an_older_response(
    eve: Reader, her: FakeClient, anna: FakeClient, live_server: str
) -> None:
    signals = await _Signals.begin(eve)
    old = ok(await anna.get(f"/accounts/{anna.id}"))
    assert old["last_seen_at"] is None
    held = await eve.hold(f"**/accounts/{anna.id}")
    chat = await anna.open_chat(her, type="direct")
    await held.until_asked()
    await signals.until_followed(chat, anna)
    async with FakeSocket(anna, live_server):
        await signals.until_online(anna)
        await held.answer_late(eve.page, old)
        await eve.open("Анна")
        await expect(eve.page.locator(".peer p")).to_have_text("online")


async def test_an_account_that_has_blocked_the_user_is_not_shown_as_online(
    eve: Reader, her: FakeClient, anna: FakeClient, live_server: str
) -> None:
    chat = await anna.open_chat(her, type="direct")
    signals = await _Signals.begin(eve)
    await signals.until_followed(chat, anna)
    async with FakeSocket(anna, live_server):
        await signals.until_online(anna)
        await expect(eve.item("Анна").locator(".avatar.online")).to_have_count(1)
        ok(await anna.put(f"/accounts/me/blocks/{her.id}"))
        await eve.open("Анна")
        await expect(eve.page.locator(".peer p")).to_have_text("offline")
        await expect(eve.item("Анна").locator(".avatar.online")).to_have_count(0)


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
