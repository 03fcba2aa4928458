"""Events that a socket gets while it is connected, and after a reconnect."""

from fastapi import FastAPI

from app.adapters.base.bus import Bus
from tests.fakers import FakeClient, FakeSocket, as_sent, ok


async def test_members_get_a_message_as_in_rest_responses(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    async with FakeSocket(boris, live_server) as socket:
        message = await anna.send(club, "Привет, сокет")
        await socket.until(lambda: bool(socket.events[club]))
    (event,) = socket.events[club]
    assert event["kind"] == "message.created"
    assert event["data"] == message
    assert event == (await boris.events(club))[-1]


async def test_a_socket_sends_and_sees_its_own_message(anna: FakeClient, club: str, live_server: str) -> None:
    async with FakeSocket(anna, live_server) as socket:
        message = await socket.ask("send", chat_id=club, text="с сокета")
        await socket.until(lambda: bool(socket.events[club]))
        assert socket.events[club][0]["data"] == message
    assert as_sent(ok(await anna.get(f"/chats/{club}/messages/1"))) == message


async def test_missed_events_are_sent_once_and_in_order(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    async with FakeSocket(boris, live_server) as socket:
        await anna.send(club, "1")
        await socket.until(lambda: len(socket.events[club]) == 1)
    for number in range(2, 60):
        await anna.send(club, str(number))
    await socket.connect()
    await socket.until(lambda: len(socket.events[club]) == 59)
    await socket.cut()
    assert [event["data"]["text"] for event in socket.events[club]] == [str(number) for number in range(1, 60)]


async def test_a_new_chat_is_followed_from_its_joining(anna: FakeClient, boris: FakeClient, live_server: str) -> None:
    async with FakeSocket(boris, live_server) as socket:
        chat = await anna.open_chat(boris, title="Новый")
        await anna.send(chat, "ты здесь?")
        await socket.until(lambda: "message.created" in socket.kinds(chat))
    assert socket.kinds(boris.id) == ["chat.joined"]
    assert socket.seqs(chat) == [2, 3]


async def test_a_removed_member_gets_the_removal_and_nothing_after_it(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    async with FakeSocket(boris, live_server) as socket, FakeSocket(anna, live_server) as own:
        ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
        await anna.send(club, "без Бориса")
        await own.until(lambda: "message.created" in own.kinds(club))
        await socket.until(lambda: "chat.left" in socket.kinds(boris.id))
    assert socket.kinds(club) == ["member.removed"]


async def test_the_socket_of_a_revoked_session_is_closed(anna: FakeClient, live_server: str) -> None:
    async with FakeSocket(anna, live_server) as socket:
        ok(await anna.post("/accounts/sign-out"))
        await socket.until(lambda: socket.close_code is not None)
    assert socket.close_code == 4401


async def test_an_undeclared_signal_reaches_no_client(
    anna: FakeClient, boris: FakeClient, club: str, app: FastAPI, live_server: str
) -> None:
    bus = app.state.container.get(Bus)
    async with FakeSocket(boris, live_server) as socket:
        for kind in ("secret", "session.ended", "typing"):
            typing = {"chat_id": club, "account_id": anna.id, "is_typing": True}
            bus.signal({"kind": kind, **typing, "stream_ids": [club]})
        await socket.until(lambda: bool(socket.signals))
        assert [signal["kind"] for signal in socket.signals] == ["typing"]
