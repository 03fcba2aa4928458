"""Scheduled messages: adding, listing, editing, cancelling."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from app.modules.attachments_module.tests.uploading import ready
from app.modules.schedules_module.services.sending import SEND
from app.modules.schedules_module.tests.scheduling import (
    LATER,
    after,
    bring_forward,
    events_of,
    path_of,
    schedule,
    scheduled_of,
    texts_of,
    until_ended,
)
from app.utils.container import Container
from tests.busy import at_once
from tests.databases import rows
from tests.fakers import FakeClient, ok, problem

FAR_OFF = "2100-01-01T00:00:00Z"


async def test_a_message_is_sent_at_its_time(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club, "Сейчас")
    client_msg_id = str(uuid4())
    scheduled = await schedule(anna, club, " Доброе утро ☀️\n", 2, client_msg_id=client_msg_id, reply_to_seq=1)
    assert (scheduled["state"], scheduled["text"], scheduled["failure"]) == ("waiting", " Доброе утро ☀️\n", None)
    (sent,) = await until_ended(anna)
    assert sent == {"chat_id": club, "id": scheduled["id"], "client_msg_id": client_msg_id, "seq": 2}
    message = ok(await boris.get(f"/chats/{club}/messages/2"))
    assert (message["text"], message["sender_id"], message["reply_to_seq"]) == (" Доброе утро ☀️\n", anna.id, 1)
    assert message["client_msg_id"] == client_msg_id
    assert message["created_at"] >= scheduled["send_at"]
    assert await scheduled_of(anna, club) == []


async def test_only_its_author_sees_it_until_then(anna: FakeClient, boris: FakeClient, club: str) -> None:
    scheduled = await schedule(boris, club, "Тайна")
    phone = await boris.another_device().sign_in()
    assert await scheduled_of(phone, club) == [scheduled]
    assert await scheduled_of(anna, club) == []
    for call in (anna.patch(path_of(club, scheduled), {"text": "?"}), anna.delete(path_of(club, scheduled))):
        problem(await call, 404, "not_found")
    assert await events_of(anna, "changed") == []
    (changed,) = await events_of(boris, "changed")
    assert changed == {name: scheduled[name] for name in ("chat_id", "id", "client_msg_id", "send_at")}
    assert "Тайна" not in str(await boris.own_events()) + str(await boris.events(club))


async def test_the_list_has_pages_with_the_earliest_first(anna: FakeClient, club: str) -> None:
    delays = [timedelta(days=days) for days in (3, 1, 2)]
    added = [await schedule(anna, club, f"{delay.days}", delay) for delay in delays]
    page = ok(await anna.get(path_of(club), limit=2))
    rest = ok(await anna.get(path_of(club), limit=2, cursor=page["next_cursor"]))
    assert page["items"] + rest["items"] == [added[1], added[2], added[0]]
    assert rest["next_cursor"] is None
    problem(await anna.get(path_of(club), cursor="?"), 422, "validation_error")


async def test_messages_of_one_time_are_listed_once_each(anna: FakeClient, club: str) -> None:
    send_at = after()
    added = [ok(await anna.post(path_of(club), {"text": "Полдень", "send_at": send_at})) for _ in range(3)]
    listed: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in added:
        page = ok(await anna.get(path_of(club), limit=1, **cursor))
        listed += page["items"]
        cursor = {"cursor": page["next_cursor"]}
    assert listed == sorted(added, key=lambda scheduled: scheduled["id"])
    assert page["next_cursor"] is None


async def test_an_edited_message_is_sent_as_edited_and_at_its_new_time(anna: FakeClient, club: str) -> None:
    scheduled = await schedule(anna, club)
    edited = ok(await anna.patch(path_of(club, scheduled), {"text": "Уже скоро"}))
    assert (edited["text"], edited["send_at"]) == ("Уже скоро", scheduled["send_at"])
    assert await scheduled_of(anna, club) == [edited]
    ok(await anna.patch(path_of(club, scheduled), {"send_at": after(2)}))
    await until_ended(anna)
    assert await texts_of(anna, club) == ["Уже скоро"]
    assert len(await events_of(anna, "changed")) == 3


async def test_a_message_that_is_moved_is_not_sent_at_its_old_time(
    anna: FakeClient, club: str, container: Container
) -> None:
    early = await schedule(anna, club, "Позже")
    ok(await anna.patch(path_of(club, early), {"send_at": after(LATER * 3)}))
    scheduled = await schedule(anna, club, "Вовремя", LATER * 2)
    # As if the time of both had come.
    await rows(container, "UPDATE job SET run_at = run_at - $1::interval WHERE name = $2", LATER * 2, SEND.name)
    await bring_forward(container, anna, scheduled)
    await until_ended(anna)
    assert await texts_of(anna, club) == ["Вовремя"]
    assert [one["text"] for one in await scheduled_of(anna, club)] == ["Позже"]


async def test_a_patch_that_changes_nothing_writes_no_event(anna: FakeClient, club: str) -> None:
    scheduled = await schedule(anna, club)
    for body in ({}, {"text": "Потом"}, {"send_at": scheduled["send_at"]}):
        assert ok(await anna.patch(path_of(club, scheduled), body)) == scheduled
    assert len(await events_of(anna, "changed")) == 1


async def test_a_cancelled_message_is_not_sent(anna: FakeClient, club: str, container: Container) -> None:
    cancelled = await schedule(anna, club, "Не надо")
    ok(await anna.delete(path_of(club, cancelled)))
    assert not await bring_forward(container, anna, cancelled)
    await bring_forward(container, anna, await schedule(anna, club, "Надо"))
    await until_ended(anna)
    assert await texts_of(anna, club) == ["Надо"]
    problem(await anna.delete(path_of(club, cancelled)), 404, "not_found")
    assert [data["id"] for data in await events_of(anna, "cancelled")] == [cancelled["id"]]


async def test_scheduling_can_be_repeated(anna: FakeClient, club: str) -> None:
    body = {"client_msg_id": str(uuid4()), "text": "Раз", "send_at": after()}
    answers = await at_once(*[lambda: anna.post(path_of(club), body)] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert all(answer.headers["idempotent-replayed"] == "true" for answer in answers if answer.status_code == 200)
    assert len(await scheduled_of(anna, club)) == len(await events_of(anna, "changed")) == 1
    problem(await anna.post(path_of(club), body | {"text": "Два"}), 422, "idempotency_mismatch")
    problem(await anna.post(path_of(club), body | {"send_at": after(LATER * 2)}), 422, "idempotency_mismatch")
    (scheduled,) = await scheduled_of(anna, club)
    edited = ok(await anna.patch(path_of(club, scheduled), {"text": "Правка"}))
    assert ok(await anna.post(path_of(club), body)) == edited


async def test_a_message_that_was_sent_is_not_scheduled_again(
    anna: FakeClient, club: str, container: Container
) -> None:
    body = {"client_msg_id": str(uuid4()), "text": "Раз", "send_at": after()}
    await bring_forward(container, anna, ok(await anna.post(path_of(club), body)))
    await until_ended(anna)
    problem(await anna.post(path_of(club), body), 409, "conflict")
    assert await texts_of(anna, club) == ["Раз"]


async def test_a_message_that_its_author_sends_meanwhile_is_there_once(
    anna: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(anna, club, "Раз", client_msg_id=str(uuid4()))
    sent = await anna.send(club, "Раз", client_msg_id=scheduled["client_msg_id"])
    await bring_forward(container, anna, scheduled)
    (ended,) = await until_ended(anna)
    assert ended["seq"] == sent["seq"]
    assert await texts_of(anna, club) == ["Раз"]


async def test_parts_of_messages_are_scheduled_with_them(anna: FakeClient, club: str, container: Container) -> None:
    attachment = await ready(anna, b"12345")
    scheduled = await schedule(anna, club, "", attachments=[attachment["id"]])
    assert scheduled["attachments"] == [attachment["id"]]
    await bring_forward(container, anna, scheduled)
    await until_ended(anna)
    (message,) = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert [each["id"] for each in message["attachments"]] == [attachment["id"]]
    attachment, other = await ready(anna, b"12345"), await schedule(anna, club)
    assert other["attachments"] == []
    changed = ok(await anna.patch(path_of(club, other), {"attachments": [attachment["id"]], "text": ""}))
    assert (changed["text"], changed["attachments"]) == ("", [attachment["id"]])
    problem(await anna.patch(path_of(club, other), {"attachments": []}), 422, "validation_error")


async def test_an_edit_removes_what_a_send_may_have_as_null(anna: FakeClient, club: str) -> None:
    await anna.send(club, "Вопрос")
    scheduled = await schedule(anna, club, "Ответ", root_seq=1, reply_to_seq=1)
    edited = ok(await anna.patch(path_of(club, scheduled), {"root_seq": None, "reply_to_seq": None}))
    assert (edited["root_seq"], edited["reply_to_seq"]) == (None, None)
    assert await scheduled_of(anna, club) == [edited]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "Когда?"},
        {"text": "", "send_at": FAR_OFF},
        {"text": "Вчера", "send_at": "2020-01-01T00:00:00Z"},
        {"text": "Без пояса", "send_at": "2030-01-01T00:00:00"},
        {"text": "Числом", "send_at": 1893456000},
        {"text": "Цифрами", "send_at": "1893456000.5"},
        {"text": "Ответ", "send_at": FAR_OFF, "reply_to_seq": 1},
        {"text": "Лишнее", "send_at": FAR_OFF, "state": "failed"},
    ],
)
async def test_what_could_not_be_sent_is_refused_at_once(anna: FakeClient, club: str, body: dict[str, Any]) -> None:
    problem(await anna.post(path_of(club), body), 422, "validation_error")
    assert await scheduled_of(anna, club) == []


@pytest.mark.parametrize(
    "body",
    [
        {"text": None},
        {"text": " "},
        {"attachments": None},
        {"send_at": None},
        {"send_at": after(-5.0)},
        {"client_msg_id": str(uuid4())},
    ],
)
async def test_an_edit_follows_the_same_rules(anna: FakeClient, club: str, body: dict[str, Any]) -> None:
    scheduled = await schedule(anna, club)
    problem(await anna.patch(path_of(club, scheduled), body), 422, "validation_error")
    assert await scheduled_of(anna, club) == [scheduled]


async def test_members_who_may_not_post_schedule_nothing(anna: FakeClient, boris: FakeClient) -> None:
    channel = await anna.open_chat(boris, type="channel")
    problem(await boris.post(path_of(channel), {"text": "Эй", "send_at": after()}), 403, "forbidden")
    assert await scheduled_of(boris, channel) == []


async def test_an_account_has_a_limit_of_scheduled_messages(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    from app.modules.schedules_module.settings import ScheduleSettings

    settings = container.get(ScheduleSettings)
    container.replace(ScheduleSettings, settings.model_copy(update={"max_per_account": 2}))
    try:
        other = await anna.open_chat(boris)
        body = {"text": "Ещё", "send_at": after()}
        answers = await at_once(*(partial(anna.post, path_of(chat), body) for chat in (club, other) * 2))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
        await schedule(boris, club)
    finally:
        container.replace(ScheduleSettings, settings)
