"""A block ends the notifications of the direct chat of the two accounts."""

from uuid import UUID

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.chats_module.extension import NotifyLevel, find_notify_levels
from app.modules.streams_module.services.log import now
from app.services.context import work_context
from app.utils.container import Container
from tests.fakers import FakeClient, ok


async def test_nothing_of_the_direct_chat_of_a_block_notifies_until_it_is_taken_back(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    async def levels(chat_id: str) -> set[NotifyLevel]:
        async with open_unit_of_work(container.get(Database)) as work:
            context = await work_context(work, container, now())
            return set((await find_notify_levels(context, UUID(chat_id), [anna.uuid, boris.uuid])).values())

    direct, path = await anna.open_chat(boris, type="direct"), f"/accounts/me/blocks/{boris.id}"
    assert await levels(direct) == {"all"}
    ok(await anna.put(path))
    assert await levels(direct) == {"none"}
    assert await levels(club) == {"all"}
    ok(await anna.delete(path))
    assert await levels(direct) == {"all"}
