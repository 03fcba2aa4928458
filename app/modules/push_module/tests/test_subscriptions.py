"""Devices are subscribed, listed and unsubscribed."""

from typing import Any

import pytest

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.push_module.services.subscriptions import MAX_SUBSCRIPTIONS, end_dead
from app.modules.push_module.tests.devices import PATH, Device, PushService, until_idle
from app.modules.streams_module.services.log import Log
from app.utils import base64url
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, ok, problem


async def ids_of(user: FakeClient) -> list[str]:
    return [item["id"] for item in ok(await user.get(PATH))["items"]]


async def ends_of(user: FakeClient) -> list[tuple[str, str]]:
    events = await user.own_events()
    return [(event["data"]["id"], event["data"]["reason"]) for event in events if event["kind"] == "push.unsubscribed"]


async def test_a_device_is_subscribed_until_it_is_unsubscribed(boris: FakeClient, service: PushService) -> None:
    phone = await Device(service, boris).subscribe()
    (item,) = ok(await boris.get(PATH))["items"]
    assert (item["id"], item["service"], item["current"]) == (phone.id, "127.0.0.1", True)
    assert item.keys() == {"id", "session_id", "service", "created_at", "current"}
    ok(await boris.delete(f"{PATH}/{phone.id}"))
    assert await ids_of(boris) == []
    problem(await boris.delete(f"{PATH}/{phone.id}"), 404, "not_found")
    assert [event["kind"] for event in await boris.own_events()] == ["push.subscribed", "push.unsubscribed"]
    assert await ends_of(boris) == [(phone.id, "deleted")]


async def test_the_same_endpoint_keeps_its_id_and_takes_new_keys(boris: FakeClient, service: PushService) -> None:
    phone, renewed = await Device(service, boris).subscribe(), Device(service, boris)
    renewed.path = phone.path
    ok(await boris.put(PATH, {**phone.subscription, "expirationTime": None}))
    assert (await renewed.subscribe()).id == phone.id
    assert [event["kind"] for event in await boris.own_events()] == ["push.subscribed"]


async def test_an_endpoint_moves_to_the_account_that_subscribes_it_last(
    anna: FakeClient, boris: FakeClient, service: PushService
) -> None:
    before, after = await Device(service, boris).subscribe(), Device(service, anna)
    after.path = before.path
    await after.subscribe()
    assert (await ids_of(boris), await ids_of(anna)) == ([], [after.id])
    assert await ends_of(boris) == [(before.id, "moved")]


async def test_the_oldest_device_beyond_the_limit_goes(boris: FakeClient, service: PushService) -> None:
    devices = [await Device(service, boris).subscribe() for _ in range(MAX_SUBSCRIPTIONS + 1)]
    assert await ids_of(boris) == [device.id for device in devices[1:]]
    assert await ends_of(boris) == [(devices[0].id, "replaced")]


async def test_a_subscription_of_another_account_does_not_exist(anna: FakeClient, phone: Device) -> None:
    problem(await anna.delete(f"{PATH}/{phone.id}"), 404, "not_found")
    assert await ids_of(anna) == []


@pytest.mark.usefixtures("at_once")
async def test_a_subscription_ends_with_its_session(
    anna: FakeClient, boris: FakeClient, club: str, service: PushService, container: Container
) -> None:
    tablet = await Device(service, await boris.another_device().sign_in()).subscribe()
    phone = await Device(service, boris).subscribe()
    ok(await tablet.user.post("/accounts/sign-out"))
    assert await ids_of(boris) == [phone.id]
    await anna.send(club)
    await phone.until(1)
    await until_idle(container)
    assert tablet.received == []
    database = container.get(Database)
    assert await end_dead(lambda: open_unit_of_work(database), container.get(Log)) == 1
    assert await ends_of(boris) == [(tablet.id, "session_ended")]


async def test_nothing_secret_of_a_device_is_in_events_and_jobs(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device, container: Container
) -> None:
    await anna.send(club)
    await phone.until(1)
    written = str(await rows(container, "SELECT payload::text FROM job UNION ALL SELECT data::text FROM event"))
    for secret in (phone.path, phone.subscription["keys"]["auth"], phone.subscription["keys"]["p256dh"]):
        assert secret not in written


GOOD = Device(PushService(port=9), FakeClient(None)).subscription  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("endpoint", "ftp://push.example.com/1"),
        ("endpoint", "https://user:secret@push.example.com/1"),
        ("endpoint", "http://93.184.215.14/1"),
        ("endpoint", "https://10.0.0.1/1"),
        ("endpoint", "https://push.example.com/é"),
        ("endpoint", "https://push.example.com/" + "a" * 1024),
        ("endpoint", "push"),
        ("endpoint", ""),
        ("expirationTime", "soon"),
        ("auth", base64url.encode(b"a" * 15)),
        ("auth", "+" * 22),
        ("auth", None),
        ("p256dh", base64url.encode(b"\x04" + b"a" * 64)),
        ("p256dh", base64url.encode(b"\x02" + b"a" * 32)),
        ("p256dh", base64url.encode(b"\x04" + bytes(64))),
        ("p256dh", "é" * 87),
        ("p256dh", ""),
    ],
)
async def test_a_device_that_cannot_be_notified_is_refused_with_its_field(
    boris: FakeClient, service: PushService, place: str, value: Any
) -> None:
    body = {**GOOD, "keys": dict(GOOD["keys"])}
    (body["keys"] if place in body["keys"] else body)[place] = value
    refusal = problem(await boris.put(PATH, body), 422, "validation_error")
    assert place in refusal["errors"][0]["loc"]
    assert await ids_of(boris) == []
