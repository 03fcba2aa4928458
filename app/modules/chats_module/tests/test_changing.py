"""Renaming and deleting chats."""

from tests.fakers import FakeClient, eventually, ok, problem


async def test_owner_and_admins_rename_a_chat(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, stranger: FakeClient
) -> None:
    chat = await anna.open_chat(boris, clara, title="Клуб", description="Читаем")
    ok(await anna.patch(f"/chats/{chat}/members/{boris.id}", {"role": "admin"}))
    renamed = ok(await anna.patch(f"/chats/{chat}", {"title": " Клуб 📚 "}))
    assert (renamed["title"], renamed["description"]) == ("Клуб 📚", "Читаем")
    renamed = ok(await boris.patch(f"/chats/{chat}", {"description": ""}))
    assert (renamed["title"], renamed["description"]) == ("Клуб 📚", "")
    assert renamed["updated_at"] > renamed["created_at"]
    problem(await clara.patch(f"/chats/{chat}", {"title": "Мой"}), 403, "forbidden")
    problem(await stranger.patch(f"/chats/{chat}", {"title": "Мой"}), 404, "not_found")
    updates = [event for event in await clara.events(chat) if event["kind"] == "chat.updated"]
    assert [event["data"] for event in updates] == [
        {"chat_id": chat, "title": "Клуб 📚", "actor_id": anna.id},
        {"chat_id": chat, "description": "", "actor_id": boris.id},
    ]


async def test_null_clears_the_description(anna: FakeClient, boris: FakeClient) -> None:
    chat = await anna.open_chat(boris, title="Клуб", description="Читаем")
    for _ in range(2):
        assert ok(await anna.patch(f"/chats/{chat}", {"description": None}))["description"] is None
    updates = [event["data"] for event in await boris.events(chat) if event["kind"] == "chat.updated"]
    assert updates == [{"chat_id": chat, "description": None, "actor_id": anna.id}]


async def test_a_change_without_effect_writes_no_event(anna: FakeClient, boris: FakeClient) -> None:
    club = await anna.open_chat(boris, title="Клуб", description="")
    before = ok(await anna.get(f"/chats/{club}"))
    for nothing in ({}, {"title": "Клуб"}, {"title": " Клуб ", "description": ""}):
        assert ok(await anna.patch(f"/chats/{club}", nothing)) == before
    for wrong in (
        {"title": None},
        {"title": ""},
        {"title": "x" * 129},
        {"title": "\x00"},
        {"type": "channel"},
        {"title": 5},
    ):
        problem(await anna.patch(f"/chats/{club}", wrong), 422, "validation_error")
    assert ok(await anna.get(f"/chats/{club}")) == before


async def test_a_direct_chat_cannot_be_renamed_or_deleted(anna: FakeClient, boris: FakeClient) -> None:
    chat = await anna.open_chat(boris, type="direct")
    problem(await anna.patch(f"/chats/{chat}", {"title": "Мы"}), 403, "forbidden")
    problem(await anna.delete(f"/chats/{chat}"), 403, "forbidden")
    ok(await boris.get(f"/chats/{chat}"))


async def test_only_the_owner_deletes_a_chat(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "admin"}))
    problem(await boris.delete(f"/chats/{club}"), 403, "forbidden")
    problem(await stranger.delete(f"/chats/{club}"), 404, "not_found")
    assert (await anna.delete(f"/chats/{club}")).status_code == 204
    problem(await anna.delete(f"/chats/{club}"), 404, "not_found")


async def test_a_deleted_chat_is_not_found_by_any_member_at_once(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    message = await boris.send(club)
    kept = await anna.open_chat(boris, title="Другой")
    ok(await anna.delete(f"/chats/{club}"))
    for user in (anna, boris):
        for path in ("", "/members", "/messages", "/messages/1", "/events"):
            problem(await user.get(f"/chats/{club}{path}"), 404, "not_found")
        problem(await user.put(f"/chats/{club}/read", {"seq": 1}), 404, "not_found")
        problem(await user.put(f"/chats/{club}/messages/1/reactions/👍"), 404, "not_found")
        problem(await user.post(f"/chats/{club}/messages", {"text": "Эй"}), 404, "not_found")
        assert [chat["id"] for chat in ok(await user.get("/chats"))["items"]] == [kept]
    retry = {"text": message["text"], "client_msg_id": message["client_msg_id"]}
    problem(await boris.post(f"/chats/{club}/messages", retry), 404, "not_found")
    # Its id stays taken: a retry of the creation does not restore the chat.
    problem(await anna.post("/chats", {"id": club, "type": "group"}), 409, "conflict")


async def test_every_member_receives_the_deletion_of_the_chat(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    chat = await anna.open_chat(boris, clara)
    for number in range(3):
        await boris.send(chat, str(number))
    last_event = ok(await anna.get(f"/chats/{chat}"))["event_seq"] + 1
    ok(await anna.delete(f"/chats/{chat}"))
    for user in (anna, boris, clara):

        async def is_notified(user: FakeClient = user) -> bool:
            return [event["kind"] for event in await user.own_events()] == ["chat.joined", "chat.left"]

        await eventually(is_notified)
        left = (await user.own_events())[-1]
        assert left["data"] == {"chat_id": chat, "reason": "deleted", "event_seq": last_event}
