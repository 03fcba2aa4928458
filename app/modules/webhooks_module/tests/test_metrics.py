"""Metrics show what webhooks have accepted, and how long events wait for those that fail."""

import re

from app.modules.webhooks_module.services.activity import Activity
from app.modules.webhooks_module.tests.receiving import Receiver, bring_forward, create, until_attempts
from app.utils.container import Container
from tests.fakers import FakeClient


async def read_metrics(user: FakeClient) -> dict[str, float]:
    """Returns the values of the metrics of webhooks."""
    text = (await user.http.get("/metrics")).text
    return {name: float(value) for name, value in re.findall(r"^(messenger_webhook_\S+) (\S+)$", text, re.MULTILINE)}


async def test_an_event_that_is_not_accepted_is_counted_and_waits(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    before = await read_metrics(anna)
    webhook = await create(anna, receiver, kinds=["message.created"])
    receiver.refuse("500 Internal Server Error")
    await anna.send(club)
    await until_attempts(anna, webhook, 1)
    await container.get(Activity).refresh()
    waiting = await read_metrics(anna)
    assert waiting["messenger_webhook_lag_seconds"] > 0
    await bring_forward(container, club)
    await until_attempts(anna, webhook, 2)
    await container.get(Activity).refresh()
    after = await read_metrics(anna)
    assert after["messenger_webhook_lag_seconds"] == 0
    counted = {
        outcome: after[name] - before.get(name, 0)
        for outcome in ("ok", "failed")
        for name in [f'messenger_webhook_deliveries_total{{outcome="{outcome}"}}']
    }
    assert counted == {"ok": 1, "failed": 1}
