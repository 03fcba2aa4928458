"""A new key of the server: all devices subscribe again."""

import pytest

from app.adapters.db.address import DatabaseAddress
from app.modules.push_module.tests.devices import PATH, Device, claims_of, let_time_pass, until_followed, until_idle
from app.utils.container import Container
from tests.fakers import FakeClient, ok
from tests.manage import manage


@pytest.mark.usefixtures("held_back")
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
    await until_followed(container)
    result = await manage(database_address, "push", "rotate")
    assert result.exit_code == 0, result.output
    assert "1 subscriptions have ended" in result.output
    after = ok(await boris.get("/push/key"))
    assert after != before
    assert ok(await boris.get(PATH))["items"] == []
    last = (await boris.own_events())[-1]
    assert (last["kind"], last["data"]) == ("push.unsubscribed", {"id": old_id, "reason": "rotated"})
    await let_time_pass(container)
    await until_idle(container)
    assert phone.received == []
    assert (await phone.subscribe()).id != old_id
    await anna.send(club)
    await let_time_pass(container)
    await phone.until(1)
    assert claims_of(phone.requests[0])["k"] == after["public_key"]
