"""Ids, sequence numbers and cursors of other users, chats and lists."""

from uuid import uuid4

from app.modules.chats_module.services.chats import direct_chat_id
from tests.fakers import FakeClient, FakeSocket, as_sent, ok, problem


async def test_a_cursor_of_another_list_is_refused(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.open_chat(boris)
    lists = ("/accounts", "/chats", f"/chats/{club}/members")
    cursors = {path: ok(await anna.get(path, limit=1))["next_cursor"] for path in lists}
    assert all(cursors.values())
    for path in lists:
        for made_for, cursor in cursors.items():
            response = await anna.get(path, cursor=cursor)
            if made_for == path:
                ok(response)
            else:
                body = problem(response, 422, "validation_error")
                assert [error["loc"] for error in body["errors"]] == [["query", "cursor"]]


async def test_a_cursor_of_another_account_shows_the_callers_list(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    other = await boris.open_chat(anna, title="У Бориса")
    own = await stranger.open_chat(title="Ничей больше")
    cursor = ok(await boris.get("/chats", limit=1))["next_cursor"]
    seen = ok(await stranger.get("/chats", cursor=cursor))["items"]
    assert {chat["id"] for chat in seen} <= {own}
    assert not {other, club} & {chat["id"] for chat in seen}


async def test_a_member_cursor_of_another_chat_shows_the_members_of_this_one(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, stranger: FakeClient, club: str
) -> None:
    private = await stranger.open_chat(clara)
    cursor = ok(await anna.get(f"/chats/{club}/members", limit=1))["next_cursor"]
    shown = ok(await stranger.get(f"/chats/{private}/members", cursor=cursor))["items"]
    assert {member["account_id"] for member in shown} <= {stranger.id, clara.id}
    problem(await anna.get(f"/chats/{private}/members", cursor=cursor), 404, "not_found")


async def test_a_chat_cannot_be_a_member(anna: FakeClient, boris: FakeClient, club: str) -> None:
    for chat_id in (club, str(uuid4())):
        for kind in ("group", "channel", "direct"):
            body = {"type": kind, "member_ids": [chat_id]}
            error = problem(await anna.post("/chats", body), 422, "validation_error")
            assert [each["loc"] for each in error["errors"]] == [["body", "member_ids"]]
        body = {"account_ids": [boris.id, chat_id]}
        error = problem(await anna.post(f"/chats/{club}/members", body), 422, "validation_error")
        assert [each["loc"] for each in error["errors"]] == [["body", "account_ids"]]
    assert ok(await anna.get(f"/chats/{club}"))["member_count"] == 2


async def test_the_id_of_a_direct_chat_cannot_be_taken_by_another_chat(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient
) -> None:
    chat_id = str(direct_chat_id(anna.uuid, boris.uuid))
    for kind in ("group", "channel"):
        refused = await stranger.post("/chats", {"id": chat_id, "type": kind})
        body = problem(refused, 422, "validation_error")
        assert [error["loc"] for error in body["errors"]] == [["body", "id"]]
    assert await anna.open_chat(boris, type="direct") == chat_id


async def test_a_client_msg_id_is_unique_per_sender_and_chat(anna: FakeClient, boris: FakeClient, club: str) -> None:
    first = await anna.send(club, "Моё")
    other = await boris.open_chat(anna)
    for user, chat_id in ((boris, club), (anna, other)):
        body = {"client_msg_id": first["client_msg_id"], "text": "Чужое"}
        answer = await user.post(f"/chats/{chat_id}/messages", body)
        assert answer.status_code == 201
        assert "idempotent-replayed" not in answer.headers
        assert (answer.json()["sender_id"], answer.json()["chat_id"]) == (user.id, chat_id)
        assert answer.json()["id"] != first["id"]
    assert as_sent(ok(await anna.get(f"/chats/{club}/messages/1"))) == first


async def test_a_reply_refers_to_a_message_of_the_same_chat(anna: FakeClient, boris: FakeClient, club: str) -> None:
    busy = await anna.open_chat(boris)
    for _ in range(5):
        await anna.send(busy)
    await anna.send(club)
    for number in (0, 2, 5, 2**40):
        body = {"text": "Ответ", "reply_to_seq": number}
        error = problem(await anna.post(f"/chats/{club}/messages", body), 422, "validation_error")
        assert [each["loc"] for each in error["errors"]] == [["body", "reply_to_seq"]], number
    assert (await anna.send(club, reply_to_seq=1))["seq"] == 2


async def test_a_sequence_number_of_another_chat_is_unknown_here(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    busy = await anna.open_chat(boris)
    for _ in range(3):
        await anna.send(busy)
    await anna.send(club)
    for method, path, body in (
        ("GET", "3", None),
        ("PATCH", "3", {"text": "Иначе"}),
        ("DELETE", "3", None),
        ("PUT", "3/reactions/👍", None),
        ("DELETE", "3/reactions/👍", None),
    ):
        problem(await anna.call(method, f"/chats/{club}/messages/{path}", body), 404, "not_found")
    refused = await anna.put(f"/chats/{club}/read", {"seq": 3})
    problem(refused, 422, "validation_error")


async def test_cursors_of_streams_of_others_are_ignored_in_hello(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str, live_server: str
) -> None:
    await anna.send(club)
    own = await stranger.open_chat(boris)
    async with FakeSocket(stranger, live_server) as socket:
        socket.cursors = {club: 0, anna.id: 0, boris.id: 10**6, str(uuid4()): 0, own: 0}
        await socket.connect()
        await stranger.send(own)
        await socket.until(lambda: "message.created" in socket.kinds(own))
        await anna.send(club)
        await socket.ask("ping")
        assert set(socket.events) == {own}
        assert socket.gaps == []


async def test_the_account_stream_is_no_chat_on_the_socket(
    anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    async with FakeSocket(anna, live_server) as socket:
        for account in (anna, boris):
            for action, data in (("send", {"text": "x"}), ("read", {"seq": 0}), ("typing", {"is_typing": True})):
                reply = await socket.begin(action, chat_id=account.id, **data)
                assert (reply["status"], reply["error"]["code"]) == ("error", "not_found"), (account.username, action)
