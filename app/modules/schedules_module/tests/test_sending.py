"""What becomes of scheduled messages: refusals, crashes, and the end of what they belong to."""

from uuid import UUID, uuid4

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.tests.erasing import erase
from app.modules.messages_module.extension import Messages
from app.modules.messages_module.schemas import MessageCreate
from app.modules.schedules_module.services.ending import LEAVE
from app.modules.schedules_module.tests.scheduling import (
    after,
    bring_forward,
    events_of,
    path_of,
    schedule,
    scheduled_of,
    texts_of,
    until_ended,
)
from app.modules.streams_module.extension import hold_streams
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok, problem


async def count_jobs(container: Container) -> int:
    return len(await rows(container, "SELECT id FROM job WHERE name = 'schedules.send'"))


async def test_the_permission_is_checked_when_it_goes(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(boris, club, "Можно?")
    member = f"/chats/{club}/members/{boris.id}"
    ok(await anna.patch(member, {"role": "reader"}))
    await bring_forward(container, boris, scheduled)
    (failed,) = await until_ended(boris)
    (kept,) = await scheduled_of(boris, club)
    about = {name: kept[name] for name in ("chat_id", "id", "client_msg_id", "send_at")}
    assert failed == about | {"code": "forbidden", "detail": failed["detail"]}
    assert (kept["id"], kept["text"]) == (scheduled["id"], "Можно?")
    assert (kept["state"], kept["failure"]["code"]) == ("failed", "forbidden")
    assert await texts_of(anna, club) == []
    # Its author can try again.
    ok(await anna.patch(member, {"role": "member"}))
    assert ok(await boris.patch(path_of(club, kept), {"text": "Теперь можно"}))["state"] == "failed"
    again = ok(await boris.patch(path_of(club, kept), {"send_at": after()}))
    assert (again["state"], again["failure"]) == ("waiting", None)
    await bring_forward(container, boris, again)
    await until_ended(boris, 2)
    assert await texts_of(anna, club) == ["Теперь можно"]


async def test_the_messages_of_a_member_who_leaves_fail_at_once(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    scheduled = [await schedule(boris, club), await schedule(boris, club, "Скоро")]
    kept = await schedule(anna, club)
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    failed = await until_ended(boris, 2)
    assert {data["id"] for data in failed} == {one["id"] for one in scheduled}
    assert {data["code"] for data in failed} == {"not_found"}
    problem(await boris.get(path_of(club)), 404, "not_found")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    assert await scheduled_of(boris, club) == []
    assert await scheduled_of(anna, club) == [kept]

    async def only_annas_is_left() -> bool:
        return await count_jobs(container) == 1

    await eventually(only_annas_is_left)
    assert await texts_of(anna, club) == []


async def test_a_member_who_comes_back_can_schedule_again(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    await schedule(boris, club, "Прежнее")
    async with open_unit_of_work(container.get(Database)) as work:
        # The end of the first membership is handled after this block.
        assert await hold_streams(work, LEAVE, [boris.uuid])
        ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
        ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
        added = await schedule(boris, club, "Новое")
    await until_ended(boris)
    assert await scheduled_of(boris, club) == [added]


async def test_a_message_of_a_membership_that_has_ended_is_not_sent_in_a_later_one(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(boris, club, "Прежнее")
    async with open_unit_of_work(container.get(Database)) as work:
        # The end of the first membership is handled after this block.
        assert await hold_streams(work, LEAVE, [boris.uuid])
        ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
        ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
        assert await bring_forward(container, boris, scheduled)
        (failed,) = await until_ended(boris)
    assert (failed["id"], failed["code"]) == (scheduled["id"], "not_found")
    assert await scheduled_of(boris, club) == []
    assert await texts_of(anna, club) == []


async def test_the_messages_of_a_deleted_chat_fail(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    for user in (anna, boris):
        await schedule(user, club)
    ok(await anna.delete(f"/chats/{club}"))
    for user in (anna, boris):
        (failed,) = await until_ended(user)
        assert failed["code"] == "not_found"
    assert await rows(container, "SELECT id FROM scheduled_message") == []
    assert await count_jobs(container) == 0


async def test_a_message_that_is_being_sent_does_not_hold_up_the_deletion_of_its_chat(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    """Its process has ended. Another one takes its job over."""
    await schedule(anna, club)
    sending = await schedule(boris, club)
    await rows(container, "UPDATE scheduled_message SET state = 'sending' WHERE id = $1", UUID(sending["id"]))
    ok(await anna.delete(f"/chats/{club}"))

    async def is_purged() -> bool:
        return bool(await rows(container, "SELECT FROM chat WHERE purged_at IS NOT NULL"))

    await eventually(is_purged)
    assert [str(row["id"]) for row in await rows(container, "SELECT id FROM scheduled_message")] == [sending["id"]]


@pytest.mark.usefixtures("erasing_at_once")
async def test_erasing_an_account_deletes_its_scheduled_messages(
    anna: FakeClient,
    boris: FakeClient,
    clara: FakeClient,
    club: str,
    container: Container,
    connection: Connection,
) -> None:
    direct = await boris.open_chat(clara, type="direct")
    for chat_id in (club, direct):
        await schedule(boris, chat_id)
    kept = await schedule(anna, club)
    await erase(container, connection, boris)
    assert [str(row["id"]) for row in await rows(container, "SELECT id FROM scheduled_message")] == [kept["id"]]
    assert await count_jobs(container) == 1


async def test_a_message_is_sent_once_if_its_process_ended_after_the_send(
    anna: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(anna, club, "Раз")
    await rows(container, "UPDATE scheduled_message SET state = 'sending'")
    request = MessageCreate(client_msg_id=UUID(scheduled["client_msg_id"]), text="Раз")
    await container.get(Messages).post(UUID(club), anna.uuid, request)  # type: ignore[type-abstract]
    for call in (anna.patch(path_of(club, scheduled), {"text": "Два"}), anna.delete(path_of(club, scheduled))):
        problem(await call, 409, "conflict")
    assert await bring_forward(container, anna, scheduled)
    (sent,) = await until_ended(anna)
    assert sent["seq"] == 1
    assert await texts_of(anna, club) == ["Раз"]


async def test_a_message_is_not_sent_if_its_process_ended_after_the_failure(
    anna: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(anna, club)
    await rows(container, "UPDATE scheduled_message SET state = 'failed', code = 'forbidden', detail = '?'")
    assert await bring_forward(container, anna, scheduled)

    async def has_run() -> bool:
        return await count_jobs(container) == 0

    await eventually(has_run)
    assert await texts_of(anna, club) == []
    assert await events_of(anna, "sent", "failed") == []


async def test_a_message_that_was_sent_before_its_author_left_has_not_failed(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(boris, club, "Раз")
    await rows(container, "UPDATE scheduled_message SET state = 'sending'")
    request = MessageCreate(client_msg_id=UUID(scheduled["client_msg_id"]), text="Раз")
    await container.get(Messages).post(UUID(club), boris.uuid, request)  # type: ignore[type-abstract]
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    assert await bring_forward(container, boris, scheduled)
    (ended,) = await until_ended(boris)
    assert ended["seq"] == 1
    assert await rows(container, "SELECT id FROM scheduled_message") == []


async def test_a_message_that_was_sent_before_the_module_of_a_field_was_switched_off_has_not_failed(
    anna: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(anna, club, "Раз")
    request = MessageCreate(client_msg_id=UUID(scheduled["client_msg_id"]), text="Раз")
    await container.get(Messages).post(UUID(club), anna.uuid, request)  # type: ignore[type-abstract]
    unknown = """(body::jsonb || '{"field_of_a_module": 1}')::json"""
    await rows(container, f"UPDATE scheduled_message SET state = 'sending', body = {unknown}")  # noqa: S608
    assert await bring_forward(container, anna, scheduled)
    (ended,) = await until_ended(anna)
    assert ended["seq"] == 1
    assert await rows(container, "SELECT id FROM scheduled_message") == []


async def test_a_send_that_is_limited_is_tried_again(anna: FakeClient, club: str, container: Container) -> None:
    from app.modules.messages_module.services.send_queue import SendQueue

    queue = container.get(SendQueue)
    queue._waiting += 20_000
    scheduled = await schedule(anna, club, "Очередь", client_msg_id=str(uuid4()))
    await bring_forward(container, anna, scheduled)

    async def is_sending() -> bool:
        (found,) = await scheduled_of(anna, club)
        return bool(found["state"] == "sending")

    await eventually(is_sending)
    queue._waiting -= 20_000
    (sent,) = await until_ended(anna)
    assert sent["id"] == scheduled["id"]
    assert await texts_of(anna, club) == ["Очередь"]
