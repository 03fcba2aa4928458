"""Photos of one account do not hold up those of others."""

from app.adapters.db.database import Database
from app.modules.attachments_module.services.processing import PROCESS_IMAGE
from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.uploading import upload
from app.utils.container import Container
from tests.fakers import FakeClient, eventually


async def test_a_photo_does_not_wait_for_many_of_another_account(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    connection = await container.get(Database).connect()
    try:
        async with connection.transaction():
            # The first job waits before it stores its photo, in the only slot of the lane.
            await connection.execute("LOCK TABLE attachment_content IN ACCESS EXCLUSIVE MODE")
            owners = [anna] * 6 + [boris]
            sent = [(await upload(owner, picture("PNG", (10 + n, 10))))["id"] for n, owner in enumerate(owners)]

            async def all_wait() -> bool:
                found = await connection.fetchval("SELECT count(*) FROM job WHERE name = $1", PROCESS_IMAGE.name)
                return bool(found == len(owners))

            await eventually(all_wait)
    finally:
        await connection.close()
    done: list[str] = []

    async def all_are_ready() -> bool:
        events = [event for owner in (anna, boris) for event in await owner.own_events()]
        ready = [event for event in events if event["kind"] == "attachment.ready"]
        done[:] = [event["data"]["id"] for event in sorted(ready, key=lambda event: event["at"])]
        return len(done) == len(owners)

    await eventually(all_are_ready)
    assert done[-1] != sent[-1]
