"""Link previews of one account do not hold up those of others."""

from app.adapters.db.database import Database
from app.modules.previews_module.services.fetching import ADD_PREVIEW
from app.modules.previews_module.tests.previewing import page, url_of
from app.utils.container import Container
from tests.adapters.http_servers import RawServer
from tests.fakers import FakeClient, eventually


async def test_a_preview_does_not_wait_for_many_of_another_account(
    anna: FakeClient, boris: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    web.pages = {f"/{number}": page(f"Страница {number}") for number in range(13)}
    connection = await container.get(Database).connect()
    try:
        async with connection.transaction():
            # Each job reads this table first, so the slots of the lane are occupied.
            await connection.execute("LOCK TABLE link_preview_page IN ACCESS EXCLUSIVE MODE")
            for number in range(12):
                await anna.send(club, url_of(web, f"/{number}"))
            await boris.send(club, url_of(web, "/12"))

            async def all_wait() -> bool:
                found = await connection.fetchval("SELECT count(*) FROM job WHERE name = $1", ADD_PREVIEW.name)
                return bool(found == 13)

            await eventually(all_wait)
    finally:
        await connection.close()
    shown: list[int] = []

    async def all_are_shown() -> bool:
        events = await anna.events(club)
        shown[:] = [event["data"]["seq"] for event in events if event["kind"] == "message.updated"]
        return len(shown) == 13

    await eventually(all_are_shown)
    assert shown.index(13) < 9
