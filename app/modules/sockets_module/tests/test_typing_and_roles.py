"""Typing signals: only members who may post can send them, from the moment that their role changes."""

import pytest

from tests.fakers import FakeClient, FakeSocket, ok


async def _types(socket: FakeSocket, chat: str) -> bool:
    reply = await socket.begin("typing", chat_id=chat, is_typing=True)
    if reply["status"] == "error":
        assert reply["error"]["code"] == "forbidden", reply
    return bool(reply["status"] == "ok")


async def _change(owner: FakeClient, chat: str, role: str, socket: FakeSocket) -> None:
    ok(await owner.patch(f"/chats/{chat}/members/{socket.user.id}", {"role": role}))
    await socket.until(lambda: _last_role(socket, chat) == role)


def _last_role(socket: FakeSocket, chat: str) -> str | None:
    changes = [event["data"]["role"] for event in socket.events[chat] if event["kind"] == "member.changed"]
    return changes[-1] if changes else None


@pytest.mark.parametrize(("chat_type", "typists"), [("group", ("admin", "member")), ("channel", ("admin",))])
async def test_typing_requires_a_role_that_may_post(
    anna: FakeClient, boris: FakeClient, live_server: str, chat_type: str, typists: tuple[str, ...]
) -> None:
    chat = await anna.open_chat(boris, type=chat_type)
    async with FakeSocket(boris, live_server) as socket:
        assert await _types(socket, chat) is ("member" in typists)
        for role in ("reader", "admin", "member", "reader"):
            await _change(anna, chat, role, socket)
            assert await _types(socket, chat) is (role in typists), role
        # The role is read from the database at the next hello, and then changed again by the replayed events.
        await socket.cut()
        ok(await anna.patch(f"/chats/{chat}/members/{boris.id}", {"role": "admin"}))
        await socket.connect()
        assert await _types(socket, chat)


async def test_typing_in_a_chat_joined_meanwhile_requires_a_role_that_may_post(
    anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    async with FakeSocket(boris, live_server) as socket:
        for chat_type, role, may in (
            ("group", "member", True),
            ("group", "reader", False),
            ("channel", "member", False),
            ("channel", "admin", True),
        ):
            chat = await anna.open_chat(type=chat_type)
            ok(await anna.post(f"/chats/{chat}/members", {"account_ids": [boris.id], "role": role}))
            await socket.until(lambda chat=chat: bool(socket.events[chat]))  # type: ignore[misc]
            assert await _types(socket, chat) is may, (chat_type, role)
