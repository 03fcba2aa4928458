"""Work that is repeated or held up: after a crash, in two processes, after an interruption."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.adapters.clients.http import HttpClient
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.fastapi_engine.constructor import build_app
from app.modules.jobs_module.extension import Jobs
from app.modules.push_module.services.following import FOLLOW
from app.modules.push_module.services.planning import LATE, PLAN, NewMessages
from app.modules.push_module.services.sending import SEND, ToDevice
from app.modules.push_module.tests.devices import Device, PushService, until_idle
from app.modules.streams_module.extension import Event, SubscriberContext
from app.modules.streams_module.services.log import now
from app.settings import Settings
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient
from tests.servers import served

pytestmark = pytest.mark.usefixtures("at_once")


async def enqueue(container: Container, *jobs: tuple[NewMessages | ToDevice, UUID | None]) -> None:
    async with open_unit_of_work(container.get(Database)) as work:
        for payload, owner_id in jobs:
            kind, key = (PLAN, None) if isinstance(payload, NewMessages) else (SEND, str(payload.subscription_id))
            await container.get(Jobs).enqueue(work, kind, payload, key=key, owner_id=owner_id)


async def test_a_plan_that_is_repeated_notifies_once(
    anna: FakeClient, club: str, phone: Device, container: Container
) -> None:
    await anna.send(club)
    await phone.until(1)
    await until_idle(container)
    for _ in range(2):
        await enqueue(container, (NewMessages(chat_id=UUID(club), first_seq=1, until=now()), None))
        await until_idle(container)
    assert len(phone.received) == 1


async def test_an_attempt_whose_end_is_not_known_is_repeated_with_the_same_tag(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device, container: Container
) -> None:
    await anna.send(club)
    await phone.until(1)
    await until_idle(container)
    # As a process leaves it that is killed while it waits for the push service.
    await rows(container, "UPDATE push_notification SET due = 'message', is_shown = true")
    taken = "UPDATE push_subscription SET taken_by = $1, not_before = clock_timestamp() + interval '1 second'"
    await rows(container, taken, uuid4())
    device = ToDevice(account_id=boris.uuid, subscription_id=UUID(phone.id))
    await enqueue(container, (device, boris.uuid))
    first, second = await phone.until(2)
    assert first == second
    await until_idle(container)
    assert len(phone.received) == 2


async def test_two_processes_notify_once(
    anna: FakeClient, club: str, phone: Device, container: Container, settings: Settings
) -> None:
    other: FastAPI = build_app(settings)
    async with served(other):
        other.state.container.replace(HttpClient, container.get(HttpClient))
        for number in range(30):
            await anna.send(club, str(number))
        await until_idle(container)
    seqs = [shown["seq"] for shown in phone.received]
    assert seqs == sorted(set(seqs))
    assert seqs[-1] == 30


async def test_jobs_that_were_held_up_are_one_notification_of_the_newest_message(
    anna: FakeClient, boris: FakeClient, club: str, service: PushService, container: Container
) -> None:
    for text in ("раз", "два", "три"):
        await anna.send(club, text)
    await until_idle(container)
    await rows(container, "UPDATE message SET created_at = created_at - interval '1 hour'")
    phone = await Device(service, boris).subscribe()
    then = now() - timedelta(hours=1)
    held_up = [NewMessages(chat_id=UUID(club), first_seq=seq, until=then + timedelta(seconds=seq)) for seq in (1, 2, 3)]
    await enqueue(container, *((payload, None) for payload in held_up))
    await until_idle(container)
    assert [shown["body"] for shown in phone.received] == ["Анна: три"]


@pytest.mark.usefixtures("phone")
async def test_events_that_were_held_up_have_one_job(anna: FakeClient, club: str, container: Container) -> None:
    at, chat_id = now(), UUID(club)
    data = {"chat_id": club, "sender_id": anna.id}
    times = (at - LATE * 3, at - LATE * 2, at - LATE, at)
    events = [Event(chat_id, seq, "message.created", data | {"seq": seq}, time) for seq, time in enumerate(times, 1)]
    async with open_unit_of_work(container.get(Database)) as work:
        raw = await work.raw()
        await FOLLOW.handle(SubscriberContext(raw, container, at, work, chat_id), events)
        found = await raw.fetch(
            "SELECT payload ->> 'first_seq' AS seq, payload ->> 'until' AS until FROM job ORDER BY 1"
        )
    assert [(row["seq"], row["until"] is None) for row in found] == [("1", True), ("4", False)]


async def test_a_message_that_is_older_than_a_day_notifies_no_more(
    anna: FakeClient, club: str, service: PushService, phone: Device, container: Container
) -> None:
    service.answers[phone.path] = ["503 Service Unavailable\r\nretry-after: 1"]
    await anna.send(club)
    await phone.until(1)
    await rows(container, "UPDATE message SET created_at = created_at - interval '25 hours'")
    await until_idle(container)
    assert len(phone.requests) == 1
