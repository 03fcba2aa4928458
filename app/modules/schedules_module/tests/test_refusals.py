"""Members who may not send: they schedule nothing, and get the messages that they have scheduled."""

from typing import Any
from uuid import uuid4

import pytest

from app.modules.blocks_module.tests.blocking import block, unblock
from app.modules.schedules_module.tests.scheduling import (
    LATER,
    after,
    bring_forward,
    path_of,
    schedule,
    scheduled_of,
    texts_of,
    until_ended,
)
from app.utils.container import Container
from tests.fakers import FakeClient, ok, problem


async def test_nothing_is_scheduled_that_a_check_of_the_chat_refuses(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    direct = await anna.open_chat(boris, type="direct")
    scheduled = await schedule(anna, direct)
    await block(boris, anna)
    problem(await anna.post(path_of(direct), {"text": "Эй", "send_at": after()}), 403, "forbidden")
    for body in ({"text": "Эй"}, {"send_at": after(LATER * 2)}):
        problem(await anna.patch(path_of(direct, scheduled), body), 403, "forbidden")
    assert await scheduled_of(anna, direct) == [scheduled]
    await bring_forward(container, anna, scheduled)
    (failed,) = await until_ended(anna)
    assert failed["code"] == "forbidden"
    await unblock(boris, anna)
    again = ok(await anna.patch(path_of(direct, scheduled), {"send_at": after()}))
    await bring_forward(container, anna, again)
    await until_ended(anna, 2)
    assert await texts_of(boris, direct) == ["Потом"]


async def test_scheduling_can_be_repeated_by_a_member_who_may_no_longer_post(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    body = {"client_msg_id": str(uuid4()), "text": "Раз", "send_at": after()}
    scheduled = ok(await boris.post(path_of(club), body))
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "reader"}))
    again = await boris.post(path_of(club), body)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert again.json() == scheduled
    problem(await boris.post(path_of(club), body | {"text": "Два"}), 422, "idempotency_mismatch")
    problem(await boris.post(path_of(club), body | {"client_msg_id": str(uuid4())}), 403, "forbidden")
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    problem(await boris.post(path_of(club), body), 404, "not_found")


async def test_a_message_has_failed_if_its_author_has_sent_another_one_with_its_id(
    anna: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(anna, club, "Раз")
    await anna.send(club, "Два", client_msg_id=scheduled["client_msg_id"])
    await bring_forward(container, anna, scheduled)
    (failed,) = await until_ended(anna)
    assert failed["code"] == "idempotency_mismatch"
    assert [one["text"] for one in await scheduled_of(anna, club)] == ["Раз"]


@pytest.mark.parametrize("body", [{"text": "Раз, два"}, {"send_at": "2100-01-01T00:00:00Z"}], ids=["edited", "moved"])
async def test_a_message_whose_author_has_sent_one_with_its_id_is_changed_no_more(
    anna: FakeClient, club: str, body: dict[str, Any]
) -> None:
    scheduled = await schedule(anna, club, "Раз")
    await anna.send(club, "Раз", client_msg_id=scheduled["client_msg_id"])
    refused = problem(await anna.patch(path_of(club, scheduled), body), 409, "conflict")
    assert refused["title"] == "A message with this client_msg_id was already sent"
    assert await scheduled_of(anna, club) == [scheduled]
    ok(await anna.delete(path_of(club, scheduled)))
