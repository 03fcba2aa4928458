"""A new key of the server: all devices subscribe again."""

from app.adapters.db.address import DatabaseAddress
from app.modules.push_module.tests.devices import PATH, Device, claims_of, until_idle
from app.utils.container import Container
from tests.fakers import FakeClient, ok
from tests.manage import manage


async def test_after_a_rotation_devices_subscribe_again_with_the_new_key(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    phone: Device,
    container: Container,
    database_address: DatabaseAddress,
) -> None:
    before, old_id = ok(await boris.get("/push/key")), phone.id
    assert ok(await anna.get("/push/key")) == before
    await anna.send(club)
    result = await manage(database_address, "push", "rotate")
    assert result.exit_code == 0, result.output
    assert "1 subscriptions have ended" in result.output
    after = ok(await boris.get("/push/key"))
    assert after != before
    assert ok(await boris.get(PATH))["items"] == []
    last = (await boris.own_events())[-1]
    assert (last["kind"], last["data"]) == ("push.unsubscribed", {"id": old_id, "reason": "rotated"})
    await until_idle(container)
    assert phone.received == []
    assert (await phone.subscribe()).id != old_id
    await anna.send(club)
    await phone.until(1)
    assert claims_of(phone.requests[0])["k"] == after["public_key"]
