"""Messages forwarded from one chat to another."""

from uuid import uuid4

import httpx

from app.modules.forwards_module.module import module
from app.modules.forwards_module.tests.forwarding import forward
from app.utils.container import Container
from tests.busy import at_once
from tests.databases import rows
from tests.fakers import FakeClient, as_sent, eventually, ok, problem


async def origin(user: FakeClient, chat_id: str, seq: int) -> httpx.Response:
    return await user.get(f"/chats/{chat_id}/messages/{seq}/origin")


async def test_a_forward_shows_the_author_and_nothing_else_of_its_chat(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, cafe: str
) -> None:
    ok(await anna.patch("/accounts/me", {"display_name": "Анна К."}))
    source = await anna.send(club, "  Встреча в семь 🎬\n")
    answer = await forward(boris, club, 1, cafe)
    sent = ok(answer)
    assert answer.status_code == 201
    assert (sent["text"], sent["sender_id"], sent["chat_id"], sent["seq"]) == (source["text"], boris.id, cafe, 1)
    assert sent["forwarded_from"] == {"sender_name": "Анна К.", "sent_at": source["created_at"]}
    (shown,) = ok(await clara.get(f"/chats/{cafe}/messages"))["items"]
    event = (await clara.events(cafe))[-1]["data"]
    assert as_sent(shown) == event == sent
    for secret in (club, anna.id, "Книжный клуб", source["id"]):
        assert secret not in str([shown, event])
    assert source["forwarded_from"] is None


async def test_a_forward_of_a_forward_keeps_the_first_author_and_origin(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, cafe: str
) -> None:
    source = await anna.send(club, "Слух")
    first = ok(await forward(boris, club, 1, cafe))
    ok(await anna.patch("/accounts/me", {"display_name": "Другое имя"}))
    notes = await clara.open_chat(boris, title="Заметки")
    second = ok(await forward(clara, cafe, 1, notes))
    assert second["forwarded_from"] == first["forwarded_from"]
    assert second["forwarded_from"]["sent_at"] == source["created_at"]
    assert ok(await origin(boris, notes, 1)) == {"chat_id": club, "seq": 1}
    problem(await origin(clara, notes, 1), 404, "not_found")


async def test_only_members_of_both_chats_learn_the_origin(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, cafe: str
) -> None:
    await anna.send(club)
    ok(await forward(boris, club, 1, cafe))
    await boris.send(cafe, "Своё")
    assert ok(await origin(boris, cafe, 1)) == {"chat_id": club, "seq": 1}
    for refused in (origin(clara, cafe, 1), origin(anna, cafe, 1), origin(boris, cafe, 2), origin(boris, cafe, 3)):
        problem(await refused, 404, "not_found")
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    problem(await origin(boris, cafe, 1), 404, "not_found")


async def test_both_chats_must_be_the_callers_and_the_target_take_posts(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, stranger: FakeClient, club: str, cafe: str
) -> None:
    await anna.send(club)
    channel = await anna.open_chat(boris, type="channel", title="Новости")
    problem(await forward(clara, club, 1, cafe), 404, "not_found")
    problem(await forward(anna, club, 1, cafe), 404, "not_found")
    problem(await forward(stranger, club, 1, club), 404, "not_found")
    problem(await forward(boris, club, 1, channel), 403, "forbidden")
    problem(await forward(boris, club, 2, cafe), 404, "not_found")
    problem(await forward(boris, str(uuid4()), 1, cafe), 404, "not_found")
    problem(await forward(boris, club, 1, str(uuid4())), 404, "not_found")
    assert ok(await boris.get(f"/chats/{cafe}/messages"))["items"] == []
    assert ok(await forward(anna, club, 1, channel))["seq"] == 1
    assert ok(await forward(boris, channel, 1, club))["seq"] == 2


async def test_a_repeated_forward_is_stored_once(anna: FakeClient, boris: FakeClient, club: str, cafe: str) -> None:
    await anna.send(club, "Раз")
    await anna.send(club, "Два")
    client_msg_id = str(uuid4())
    answers = await at_once(*[lambda: forward(boris, club, 1, cafe, client_msg_id)] * 10)
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    first = answers[0].json()
    assert all(answer.json() == first for answer in answers)
    problem(await forward(boris, club, 2, cafe, client_msg_id), 422, "idempotency_mismatch")
    # It is answered as before after the source has changed, and after it is out of reach.
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "Три"}))
    assert ok(await forward(boris, club, 1, cafe, client_msg_id)) == first
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    assert ok(await forward(boris, club, 1, cafe, client_msg_id)) == first
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    again = await forward(boris, club, 1, cafe, client_msg_id)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert len(ok(await boris.get(f"/chats/{cafe}/messages"))["items"]) == 1


async def test_formatting_goes_along_and_names_of_outsiders_do_not(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, cafe: str
) -> None:
    text = f"**Важно** @{anna.username}, @{boris.username}"
    source = await anna.send(club, text, text_format="markdown")
    sent = ok(await forward(boris, club, 1, cafe))
    assert (sent["text"], sent["text_format"]) == (text, "markdown")
    kinds = [[entity["type"] for entity in message["entities"]] for message in (source, sent)]
    assert [kind.count("bold") for kind in kinds] == [1, 1]
    assert [kind.count("mention") for kind in kinds] == [2, 1]
    assert anna.id not in str(sent)


async def test_a_deleted_message_cannot_be_forwarded(anna: FakeClient, boris: FakeClient, club: str, cafe: str) -> None:
    await anna.send(club)
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    for client_msg_id in (None, str(uuid4())):
        problem(await forward(boris, club, 1, cafe, client_msg_id), 409, "conflict")
        problem(await forward(boris, club, 2, cafe, client_msg_id), 404, "not_found")
    assert ok(await boris.get(f"/chats/{cafe}/messages"))["items"] == []


async def test_a_forward_stays_as_it_was_when_its_source_changes(
    anna: FakeClient, boris: FakeClient, club: str, cafe: str
) -> None:
    await anna.send(club, "Было")
    ok(await anna.put(f"/chats/{club}/messages/1/reactions/👍"))
    sent = ok(await forward(boris, club, 1, cafe))
    assert sent["reactions"] == []
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "Стало"}))
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    shown = ok(await boris.get(f"/chats/{cafe}/messages/1"))
    assert (shown["text"], shown["forwarded_from"]) == ("Было", sent["forwarded_from"])
    assert ok(await origin(boris, cafe, 1)) == {"chat_id": club, "seq": 1}


async def test_no_one_puts_other_words_under_the_authors_name(
    anna: FakeClient, boris: FakeClient, club: str, cafe: str
) -> None:
    await anna.send(club, "Слова Анны")
    ok(await forward(boris, club, 1, cafe))
    problem(await boris.patch(f"/chats/{cafe}/messages/1", {"text": "Не её слова"}), 409, "conflict")
    made_up = {"text": "Привет", "forwarded_from": {"sender_name": "Анна", "sent_at": "2026-01-01T12:00:00Z"}}
    problem(await boris.post(f"/chats/{cafe}/messages", made_up), 422, "validation_error")
    assert ok(await boris.get(f"/chats/{cafe}/messages/1"))["text"] == "Слова Анны"


async def test_a_deleted_forward_keeps_neither_name_nor_origin(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, cafe: str, container: Container
) -> None:
    ok(await anna.patch("/accounts/me", {"display_name": "Анна Каренина"}))
    await anna.send(club, "Секрет")
    for _ in range(2):
        ok(await forward(boris, club, 1, cafe))
    ok(await boris.delete(f"/chats/{cafe}/messages/1"))
    assert ok(await clara.get(f"/chats/{cafe}/messages/1"))["forwarded_from"] is None
    events = [event for event in await clara.events(cafe) if event["data"].get("seq") == 1]
    assert "Каренина" not in str(events)
    problem(await origin(boris, cafe, 1), 404, "not_found")
    ok(await boris.delete(f"/chats/{cafe}"))

    async def is_purged() -> bool:
        return not await rows(container, "SELECT seq FROM message_forward")

    await eventually(is_purged)


async def test_doctor_forgets_the_origins_of_messages_deleted_without_the_module(
    anna: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club)
    ok(await forward(anna, club, 1, club))
    invariant, _ = module.invariants
    assert await rows(container, invariant.find) == []
    await rows(container, "UPDATE message SET deleted_at = now() WHERE seq = 2")
    (found,) = await rows(container, invariant.find)
    await rows(container, invariant.fix[0], [found["stream_id"]])
    assert await rows(container, invariant.find) == []
