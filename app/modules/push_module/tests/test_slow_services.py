"""Push services that are slow, or unavailable, delay nothing but their own devices."""

import pytest

from app.modules.push_module.services import sending
from app.modules.push_module.services.sending import SENDING
from app.modules.push_module.services.subscriptions import MAX_SUBSCRIPTIONS
from app.modules.push_module.tests.devices import Device, PushService, push_service_for, until_idle
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually

pytestmark = pytest.mark.usefixtures("at_once")


async def test_devices_that_hang_delay_no_other_account(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container
) -> None:
    async with push_service_for(container) as service:
        slow = [await Device(service, user).subscribe() for user in (anna, boris) for _ in range(MAX_SUBSCRIPTIONS)]
        assert len(slow) == SENDING.concurrency
        for device in slow:
            service.hold(device.path)
        for writer, reader in ((anna, boris), (boris, anna)):
            await writer.send(await writer.open_chat(reader))

        async def are_open() -> bool:
            return len(service.requests) >= 8

        await eventually(are_open)
        phone = await Device(service, clara).subscribe()
        await anna.send(await anna.open_chat(clara))
        await phone.until(1)
        assert len(service.requests) == 9
        for device in slow:
            service.release(device.path)
        await until_idle(container)
        assert [len(device.received) for device in slow] == [1] * len(slow)


async def test_the_next_notification_of_a_slow_device_waits_behind_those_of_others(
    anna: FakeClient,
    club: str,
    service: PushService,
    phone: Device,
    container: Container,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "SECONDS_AT_ONCE", 0.0)

    async def job() -> object:
        (device,) = await rows(container, "SELECT taken_by FROM push_subscription")
        return device["taken_by"]

    async def is_next_due() -> bool:
        return bool(await rows(container, "SELECT FROM push_notification WHERE seq = 2 AND due = 'message'"))

    service.hold(phone.path)
    await anna.send(club)
    await phone.until(1)
    first = await job()
    await anna.send(club)
    await eventually(is_next_due)
    service.release(phone.path)
    service.hold(phone.path)
    await phone.until(2)
    assert await job() != first
    service.release(phone.path)


async def test_a_device_that_subscribes_again_still_waits_as_its_push_service_asks(
    anna: FakeClient, club: str, service: PushService, phone: Device, container: Container
) -> None:
    service.answers[phone.path] = ["503 Service Unavailable\r\nretry-after: 600"]
    await anna.send(club)

    async def is_waiting() -> bool:
        (device,) = await rows(
            container,
            "SELECT failures = 1 AND taken_by IS NULL AND not_before > clock_timestamp() + interval '5 minutes'"
            " AS is_waiting FROM push_subscription",
        )
        return bool(device["is_waiting"])

    await eventually(is_waiting)
    await phone.subscribe()
    assert await is_waiting()
