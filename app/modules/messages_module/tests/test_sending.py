"""Sending: each message is stored once, in order, with its event."""

import asyncio
from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid4

import orjson
import pytest

from app.modules.messages_module.extension import Messages
from app.modules.messages_module.schemas.models import message_models
from app.utils.container import Container
from app.utils.module import Modules
from tests.fakers import FakeClient, as_sent, ok, problem


async def test_a_message_is_returned_as_it_was_sent(anna: FakeClient, club: str) -> None:
    text = "  Ёжик, 你好, hello 👩‍👩‍👧‍👦\n"
    message = await anna.send(club, text)
    assert message["text"] == text
    assert message["seq"] == 1
    assert message["sender_id"] == anna.id
    assert as_sent(ok(await anna.get(f"/chats/{club}/messages/1"))) == message


async def test_concurrent_sends_are_numbered_without_gaps_or_duplicates(anna: FakeClient, club: str) -> None:
    messages = await asyncio.gather(*(anna.send(club, f"№ {number}") for number in range(50)))
    assert sorted(message["seq"] for message in messages) == list(range(1, 51))
    events = [event for event in await anna.events(club) if event["kind"] == "message.created"]
    assert [event["data"]["seq"] for event in events] == list(range(1, 51))


async def test_concurrent_sends_with_one_client_msg_id_create_one_message(anna: FakeClient, club: str) -> None:
    body = {"client_msg_id": str(uuid4()), "text": "один раз"}
    answers = await asyncio.gather(*(anna.post(f"/chats/{club}/messages", body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    first = answers[0].json()
    assert all(answer.json() == first for answer in answers)
    replays = [answer for answer in answers if answer.status_code == 200]
    assert all(answer.headers["idempotent-replayed"] == "true" for answer in replays)


async def test_a_client_msg_id_with_another_body_is_refused(anna: FakeClient, club: str) -> None:
    message = await anna.send(club, "первое")
    body = {"client_msg_id": message["client_msg_id"], "text": "второе"}
    problem(await anna.post(f"/chats/{club}/messages", body), 422, "idempotency_mismatch")


async def test_a_send_by_a_non_member_gets_404(stranger: FakeClient, club: str) -> None:
    problem(await stranger.post(f"/chats/{club}/messages", {"text": "пустите"}), 404, "not_found")


async def test_each_send_without_a_client_msg_id_is_a_new_message(anna: FakeClient, club: str) -> None:
    sent = [ok(await anna.post(f"/chats/{club}/messages", {"text": "раз"})) for _ in range(2)]
    assert [(message["seq"], message["client_msg_id"]) for message in sent] == [(1, None), (2, None)]


async def test_a_reply_must_refer_to_a_message_of_the_chat(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club, "вопрос")
    answer = await boris.send(club, "ответ", reply_to_seq=1)
    assert answer["reply_to_seq"] == 1
    for nothing in (0, 3, 2**63 - 1):
        body = {"text": "ответ", "reply_to_seq": nothing}
        refusal = problem(await boris.post(f"/chats/{club}/messages", body), 422, "validation_error")
        assert refusal["errors"][0]["loc"] == ["body", "reply_to_seq"]
    again = {"client_msg_id": answer["client_msg_id"], "text": "ответ", "reply_to_seq": None}
    problem(await boris.post(f"/chats/{club}/messages", again), 422, "idempotency_mismatch")


async def test_an_imported_message_keeps_its_time(anna: FakeClient, club: str, container: Container) -> None:
    create = message_models(container.get(Modules)).create
    service = container.get(Messages)  # type: ignore[type-abstract]
    at = datetime(2020, 2, 29, 15, tzinfo=timezone(timedelta(hours=3)))
    messages = [create(text=text, client_msg_id=uuid4()) for text in ("тогда", "сейчас")]
    then, now, again = [
        orjson.loads((await service.post(UUID(club), anna.uuid, message, at=at)).body)
        for message, at in zip((*messages, messages[0]), (at, None, at), strict=True)
    ]
    assert then["created_at"] == "2020-02-29T12:00:00Z"
    assert now["created_at"] > "2026"
    assert again == then
    shown = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert [as_sent(message) for message in shown[-2:]] == [then, now]
    with pytest.raises(ValueError, match="time zone"):
        await service.post(UUID(club), anna.uuid, messages[0], at=datetime(2020, 2, 29))
