"""The look at all webhooks of every hour."""

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.webhooks_module.services.following import SWEEP
from app.modules.webhooks_module.services.jobs import SWEEPING
from app.modules.webhooks_module.tests.receiving import Receiver, create
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually
from tests.periodic_jobs import run_once


async def test_the_hourly_look_at_all_webhooks_takes_no_slots_of_other_jobs(
    anna: FakeClient, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver)

    async def list_lanes() -> list[str]:
        found = await rows(container, "SELECT DISTINCT lane FROM job WHERE key = $1", webhook["id"])
        return [row["lane"] for row in found]

    async def is_looked_at() -> bool:
        return not await list_lanes()

    await eventually(is_looked_at)
    async with open_unit_of_work(container.get(Database)) as holding:
        # The job waits for the webhook.
        await (await holding.raw()).execute("SELECT FROM webhook FOR UPDATE")
        await run_once(container, SWEEP)
        assert await list_lanes() == [SWEEPING.name]
    await eventually(is_looked_at)
