"""Notifications are cleared on the other devices."""

import pytest

from app.modules.push_module.tests.devices import Device, PushService, until_idle
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, ok

pytestmark = pytest.mark.usefixtures("at_once")


async def test_reading_a_chat_clears_its_notification(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device, container: Container
) -> None:
    await anna.send(club)
    await phone.until(1)
    ok(await boris.put(f"/chats/{club}/read", {"seq": 1}))
    shown, cleared = await phone.until(2)
    assert cleared == {
        "v": 1,
        "kind": "clear",
        "chat_id": club,
        "seq": 1,
        "title": "",
        "body": "",
        "badge": 0,
        "tag": shown["tag"],
    }
    await until_idle(container)
    assert await rows(container, "SELECT FROM push_notification") == []


async def test_writing_in_a_chat_and_leaving_it_clear_its_notification(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device
) -> None:
    await anna.send(club)
    await phone.until(1)
    await boris.send(club)
    assert (await phone.until(2))[1]["kind"] == "clear"
    await anna.send(club)
    await phone.until(3)
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    assert [one["kind"] for one in await phone.until(4)] == ["message", "clear", "message", "clear"]


async def test_a_device_that_showed_nothing_gets_no_clear(
    anna: FakeClient, boris: FakeClient, club: str, service: PushService, phone: Device, container: Container
) -> None:
    await anna.send(club)
    await phone.until(1)
    later = await Device(service, boris).subscribe()
    ok(await boris.put(f"/chats/{club}/read", {"seq": 1}))
    await phone.until(2)
    await until_idle(container)
    assert later.received == []


async def test_a_notification_stays_until_its_message_is_read(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device, container: Container
) -> None:
    await anna.send(club, "раз")
    await phone.until(1)
    await anna.send(club, "два")
    await phone.until(2)
    ok(await boris.put(f"/chats/{club}/read", {"seq": 1}))
    await until_idle(container)
    assert [one["kind"] for one in phone.received] == ["message", "message"]


async def test_a_chat_that_is_read_while_its_notification_is_on_the_way_is_cleared(
    anna: FakeClient, boris: FakeClient, club: str, service: PushService, phone: Device
) -> None:
    service.hold(phone.path)
    await anna.send(club)
    await phone.until(1)
    ok(await boris.put(f"/chats/{club}/read", {"seq": 1}))
    service.release(phone.path)
    assert (await phone.until(2))[1]["kind"] == "clear"
