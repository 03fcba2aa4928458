"""Sending through two processes on one database."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import FakeClient, as_sent, eventually, ok
from tests.servers import served


@pytest.fixture
async def anna_there(anna: FakeClient, settings: Settings) -> AsyncIterator[FakeClient]:
    """Anna, served by another process."""
    async with served(build_app(settings)) as http:
        yield FakeClient(http, id=anna.id, headers=anna.headers)


async def test_sends_through_two_processes_are_numbered_without_gaps(
    anna: FakeClient, anna_there: FakeClient, club: str
) -> None:
    sent = await asyncio.gather(*(user.send(club, str(n)) for n in range(40) for user in (anna, anna_there)))
    assert sorted(message["seq"] for message in sent) == list(range(1, 81))
    history = ok(await anna.get(f"/chats/{club}/messages", limit=200))["items"]
    assert [message["seq"] for message in history] == list(range(1, 81))
    assert {message["id"]: as_sent(message) for message in history} == {message["id"]: message for message in sent}
    events = await anna_there.events(club)
    assert [event["seq"] for event in events] == list(range(1, 83))
    assert [event["data"]["seq"] for event in events if event["kind"] == "message.created"] == list(range(1, 81))


async def test_one_client_msg_id_through_two_processes_creates_one_message(
    anna: FakeClient, anna_there: FakeClient, club: str
) -> None:
    body = {"client_msg_id": str(uuid4()), "text": "один раз"}
    answers = await asyncio.gather(
        *(user.post(f"/chats/{club}/messages", body) for _ in range(10) for user in (anna, anna_there))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert ok(await anna.get(f"/chats/{club}"))["last_seq"] == 1


async def test_a_member_removed_by_one_process_cannot_post_through_another(
    anna: FakeClient, boris: FakeClient, anna_there: FakeClient, club: str
) -> None:
    boris_there = FakeClient(anna_there.http, headers=boris.headers)

    async def keep_sending() -> list[int]:
        seqs: list[int] = []
        while (answer := await boris_there.post(f"/chats/{club}/messages", {"text": "ещё"})).is_success:
            seqs.append(answer.json()["seq"])
        assert answer.status_code == 404
        return seqs

    sending = asyncio.create_task(keep_sending())

    async def has_begun() -> bool:
        return bool(ok(await anna.get(f"/chats/{club}"))["last_seq"])

    await eventually(has_begun)
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    seqs = await sending
    assert seqs == list(range(1, len(seqs) + 1))
    kinds = [event["kind"] for event in await anna.events(club)]
    assert kinds[-1] == "member.removed"
