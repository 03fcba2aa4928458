"""What is read on other devices and by other users while the page has no connection."""

import json
import re
from functools import partial

from playwright.async_api import WebSocketRoute, expect

from tests.browsers import Reader
from tests.fakers import FakeClient, FakeSocket, eventually, ok


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


async def test_read_marks_and_presence_are_right_after_an_outage(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    chats = {friend.id: await her.open_chat(friend, type="direct") for friend in (anna, boris)}
    for name, chat in zip(("Анна", "Борис"), chats.values(), strict=True):
        await expect(eve.item(name)).to_be_visible()
        # Once its events arrive, its signals do, too.
        await her.send(chat, "Привет")
        await expect(eve.item(name)).to_contain_text("Привет")
    await eve.open("Анна")
    await eve.sees("Привет")
    async with FakeSocket(anna, live_server), FakeSocket(boris, live_server):
        await expect(eve.page.locator(".sidebar .avatar.online")).to_have_count(2)
        await eve.context.set_offline(True)
        await eve.is_offline()
    for friend in (anna, boris):
        ok(await friend.put(f"/chats/{chats[friend.id]}/read", {"seq": 1}))
        await eventually(partial(_is_offline, friend))
    await eve.context.set_offline(False)
    await eve.is_online()
    await expect(eve.page.locator(".message .icon-read")).to_have_count(1)
    await expect(eve.page.locator(".peer p")).to_contain_text("last seen")
    await expect(eve.page.locator(".sidebar .avatar.online")).to_have_count(0)
    # Those of another chat are read when it is opened.
    await eve.open("Борис")
    await expect(eve.page.locator(".peer h2")).to_contain_text("Борис")
    await expect(eve.page.locator(".message .icon-read")).to_have_count(1)
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_accounts_that_come_online_during_an_outage_are_marked_in_the_list(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    await her.open_chat(anna, type="direct")
    async with eve.page.expect_response(f"**/accounts/{boris.id}") as answered:
        await her.open_chat(boris, type="direct")
    await (await answered.value).finished()
    await eve.open("Анна")
    await eve.context.set_offline(True)
    await eve.is_offline()
    async with FakeSocket(boris, live_server):
        await eventually(partial(_is_online, boris))
        await eve.context.set_offline(False)
        await eve.is_online()
        await expect(eve.item("Борис").locator(".avatar.online")).to_have_count(1)
        await expect(eve.item("Анна").locator(".avatar.online")).to_have_count(0)
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def _is_online(user: FakeClient) -> bool:
    return bool(ok(await user.get(f"/accounts/{user.id}"))["online"])


async def _is_offline(user: FakeClient) -> bool:
    return not await _is_online(user)


async def test_a_late_response_does_not_make_messages_unread_that_the_user_has_seen(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "раз")
    await expect(eve.item("Двор").locator(".badge")).to_have_text("1")
    old = ok(await her.get(f"/chats/{yard}"))
    held = await eve.hold(f"**/chats/{yard}")
    await eve.open("Двор")
    await eve.sees("раз")
    await expect(eve.item("Двор").locator(".badge")).to_have_count(0)
    await held.until_asked()
    await eve.page.evaluate("location.hash = '#/'")
    await expect(eve.page.locator(".peer")).to_have_count(0)
    # The state is read again when the server knows what she has seen.
    async with eve.page.expect_request(f"**/chats/{yard}"):
        await held.answer_late(eve.page, old)
    await expect(eve.item("Двор").locator(".badge")).to_have_count(0)
    await anna.send(yard, "два")
    await expect(eve.item("Двор").locator(".badge")).to_have_text("1")


class _RefusedReads:
    """Read positions that the page sends: the first ones are answered with an error in place of the server."""

    def __init__(self, status: int, code: str, most: int) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.chats: list[str] = []
        self._error = {"status": status, "code": code, "title": "Refused"}
        self._most = most

    @classmethod
    async def begin(cls, reader: Reader, status: int, code: str, most: int = 100) -> "_RefusedReads":
        reads = cls(status, code, most)
        await reader.page.route_web_socket("**/ws", reads._connect)
        await reader.page.reload()
        await reader.is_online()
        return reads

    def _connect(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        server = socket.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame["action"] == "read" and len(self.chats) < self._most:
                self.chats.append(frame["data"]["chat_id"])
                socket.send(json.dumps({"reply_to": frame["id"], "status": "error", "error": self._error}))
            else:
                server.send(text)

        socket.on_message(pass_on)

    async def is_refused(self) -> bool:
        return bool(self.chats)

    async def is_connected_again(self) -> bool:
        return len(self.sockets) == 2


async def test_a_read_position_that_the_server_refuses_is_not_sent_again(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.open_chat(her, title="Клуб")
    await anna.send(yard, "Привет")
    reads = await _RefusedReads.begin(eve, 422, "validation_failed")
    # Its state says that nothing is read, and the page would send the position again.
    held = await eve.hold(f"**/chats/{yard}")
    await eve.open("Двор")
    await eve.sees("Привет")
    await eventually(reads.is_refused)
    await eve.page.evaluate("location.hash = '#/'")
    await reads.sockets[0].close()
    await eventually(reads.is_connected_again)
    await eve.open("Клуб")
    await eve.write("Я тут")
    await expect(eve.page.locator(".message[data-seq]")).to_contain_text("Я тут")
    assert reads.chats == [yard]
    await held.release()


async def test_a_read_position_that_the_server_refuses_for_the_moment_is_sent_again(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Привет")
    reads = await _RefusedReads.begin(eve, 503, "unavailable", most=1)
    held = await eve.hold(f"**/chats/{yard}")
    await eve.open("Двор")
    await eve.sees("Привет")

    async def is_read() -> bool:
        return bool(ok(await her.get(f"/chats/{yard}"))["read_seq"] == 1)

    await eventually(is_read)
    assert reads.chats == [yard]
    await held.release()
