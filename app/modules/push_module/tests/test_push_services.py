"""What push services answer, and what the server makes of it."""

import pytest

from app.modules.push_module.tests.devices import PATH, Device, PushService, until_idle
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_a_device_that_is_gone_is_unsubscribed(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    service: PushService,
    phone: Device,
    container: Container,
    status: str,
) -> None:
    service.answers[phone.path] = [status]
    await anna.send(club)
    await phone.until(1)
    await until_idle(container)
    assert ok(await boris.get(PATH))["items"] == []
    last = (await boris.own_events())[-1]
    assert (last["kind"], last["data"]) == ("push.unsubscribed", {"id": phone.id, "reason": "gone"})
    assert await rows(container, "SELECT FROM push_notification") == []


async def test_a_notification_that_is_too_large_is_shortened(
    anna: FakeClient, club: str, service: PushService, phone: Device, container: Container
) -> None:
    service.answers[phone.path] = ["413 Payload Too Large", "413 Payload Too Large"]
    await anna.send(club, "Ж" * 4000)
    first, second, third = await phone.until(3)
    await until_idle(container)
    assert len(first["body"]) > len(second["body"]) > len(third["body"]) > 0
    assert len(phone.requests) == 3


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        ("429 Too Many Requests\r\nretry-after: 7", 7),
        ("503 Service Unavailable\r\nretry-after: Thu, 01 Jan 2026 00:00:00 GMT", 0),
        ("500 Internal Server Error", 5),
        ("502 Bad Gateway\r\nretry-after: soon", 5),
    ],
)
async def test_a_push_service_that_is_busy_is_asked_again(
    anna: FakeClient, club: str, service: PushService, phone: Device, container: Container, answer: str, pause: int
) -> None:
    service.answers[phone.path] = [answer]
    await anna.send(club)
    await phone.until(1)
    waiting = "SELECT failures, extract(epoch FROM not_before - clock_timestamp()) AS pause FROM push_subscription"

    async def is_put_back() -> bool:
        (device,) = await rows(container, waiting)
        return (device["failures"] == 1 and device["pause"] <= pause) or len(phone.requests) > 1

    await eventually(is_put_back)
    first, second = await phone.until(2)
    assert first == second
    await until_idle(container)
    (device,) = await rows(container, waiting)
    assert device["failures"] == 0


@pytest.mark.parametrize("answer", ["400 Bad Request", "403 Forbidden", "302 Found\r\nlocation: http://127.0.0.1/"])
async def test_what_a_push_service_refuses_is_not_repeated(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    service: PushService,
    phone: Device,
    container: Container,
    answer: str,
) -> None:
    service.answers[phone.path] = [answer]
    await anna.send(club)
    await phone.until(1)
    await until_idle(container)
    assert len(phone.requests) == 1
    assert len(ok(await boris.get(PATH))["items"]) == 1


async def test_a_device_that_hangs_delays_no_other_one(
    anna: FakeClient, boris: FakeClient, club: str, service: PushService, phone: Device
) -> None:
    tablet = await Device(service, boris).subscribe()
    service.hold(phone.path)
    await anna.send(club, "раз")
    await phone.until(1)
    await tablet.until(1)
    await anna.send(club, "два")
    await tablet.until(2)
    assert len(phone.received) == 1
    service.release(phone.path)
    await phone.until(2)
    await anna.send(club, "три")
    assert [one["body"] for one in await phone.until(3)] == ["Анна: раз", "Анна: два", "Анна: три"]
