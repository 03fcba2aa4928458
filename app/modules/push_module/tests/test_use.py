"""While no device is subscribed, messages cost nothing. Later they cost little in chats without one."""

from uuid import UUID

import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.database import BackgroundDatabase, Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.push_module.services.following import FOLLOW
from app.modules.push_module.services.use import PushUse
from app.modules.push_module.tests.devices import PATH, Device, PushService
from app.modules.streams_module.extension import Event, SubscriberContext
from app.modules.streams_module.services.log import now
from app.utils.container import Container
from tests.fakers import FakeClient, ok


async def test_it_is_known_without_a_query_if_any_device_is_subscribed(
    boris: FakeClient, service: PushService, container: Container
) -> None:
    use = PushUse(container.get(BackgroundDatabase), MemoryBus())
    assert not use.is_idle()
    await use.refresh()
    assert use.is_idle()
    phone = await Device(service, boris).subscribe()
    await use.refresh()
    assert not use.is_idle()
    ok(await boris.delete(f"{PATH}/{phone.id}"))
    await use.refresh()
    assert use.is_idle()


async def test_a_subscription_is_noticed_at_once_in_all_processes(container: Container) -> None:
    bus, database = MemoryBus(), container.get(BackgroundDatabase)
    here, there = PushUse(database, bus), PushUse(database, bus)
    await here.refresh()
    await there.refresh()
    assert here.is_idle()
    assert there.is_idle()
    here.note_subscribed()
    assert not here.is_idle()
    assert not there.is_idle()


async def test_events_are_passed_while_no_device_is_subscribed(boris: FakeClient, container: Container) -> None:
    assert FOLLOW.is_idle is not None
    await container.get(PushUse).refresh()
    assert FOLLOW.is_idle(container)
    body = {**Device(PushService(), boris).subscription, "endpoint": "https://push.example.com/1"}
    ok(await boris.put(PATH, body))
    assert not FOLLOW.is_idle(container)


@pytest.mark.usefixtures("phone")
async def test_a_message_in_a_chat_without_a_subscribed_member_has_no_job(
    anna: FakeClient, clara: FakeClient, club: str, container: Container
) -> None:
    at, chats = now(), [UUID(club), UUID(await anna.open_chat(clara))]
    data = {"seq": 1, "sender_id": anna.id}
    events = [Event(chat_id, 1, "message.created", data, at) for chat_id in chats]
    async with open_unit_of_work(container.get(Database)) as work:
        raw = await work.raw()
        await FOLLOW.handle(SubscriberContext(raw, container, at, work, chats[0]), events)
        found = await raw.fetch("SELECT payload ->> 'chat_id' AS chat_id FROM job WHERE name = 'push.plan'")
    assert [row["chat_id"] for row in found] == [club]
