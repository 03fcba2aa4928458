"""A reset of the password ends webhooks from before the address was first verified."""

import httpx

from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.passkeys_module.tests.test_new_owner import reset
from app.modules.recovery_module.tests.conftest import app  # noqa: F401 - the fixture of this file
from app.modules.recovery_module.tests.links import verify
from app.modules.webhooks_module.tests.receiving import Receiver, create
from tests.fakers import FakeClient, ok


async def test_a_stranger_who_knew_an_address_gets_no_more_events_of_its_owner(
    anna: FakeClient, boris: FakeClient, club: str, server: httpx.AsyncClient, mailbox: Mailbox, receiver: Receiver
) -> None:
    await create(anna, receiver, "/before", kinds=["message.created"])
    await verify(anna, mailbox)
    kept = await create(anna, receiver, "/after", kinds=["message.created"])
    await reset(anna, mailbox)
    await boris.send(club, "Для Анны")
    await receiver.until(1, "/after")
    assert receiver.on("/before") == []
    assert [webhook["id"] for webhook in ok(await anna.get("/webhooks"))["items"]] == [kept["id"]]
