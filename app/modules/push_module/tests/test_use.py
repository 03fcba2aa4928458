"""While no device is subscribed, messages cost nothing."""

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.database import BackgroundDatabase
from app.modules.push_module.services.following import FOLLOW
from app.modules.push_module.services.use import PushUse
from app.modules.push_module.tests.devices import PATH, Device, PushService
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
