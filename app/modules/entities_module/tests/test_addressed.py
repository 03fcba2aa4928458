"""Which accounts messages address, for the modules that notify them."""

from collections.abc import Sequence
from uuid import UUID

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.extension import EVERYONE, Mentions, find_mentions
from app.modules.streams_module.services.log import now
from app.services.context import Context, work_context
from app.utils.container import Container
from app.utils.module import Module, Modules
from tests.fakers import FakeClient, ok


async def addressed(container: Container, chat_id: str, *seqs: int) -> dict[int, set[UUID]]:
    async with open_unit_of_work(container.get(Database)) as work:
        return await find_mentions(await work_context(work, container, now()), UUID(chat_id), seqs)


async def test_a_message_addresses_the_members_that_it_mentions(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container
) -> None:
    chat_id = await anna.open_chat(boris, clara)
    await anna.send(chat_id, f"@{boris.username}, @{clara.username}, @{anna.username} и @no_one_here")
    await anna.send(chat_id, "@all")
    await anna.send(chat_id, "Никто")
    assert await addressed(container, chat_id, 1, 2, 3) == {1: {boris.uuid, clara.uuid}, 2: {EVERYONE}, 3: set()}
    ok(await anna.patch(f"/chats/{chat_id}/messages/1", {"text": f"@{clara.username}"}))
    ok(await anna.delete(f"/chats/{chat_id}/messages/2"))
    assert await addressed(container, chat_id, 1, 2) == {1: {clara.uuid}, 2: set()}


async def test_a_message_addresses_whom_any_module_names(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    async def find(_: Context, __: UUID, seqs: Sequence[int]) -> dict[int, set[UUID]]:
        return {seq: {anna.uuid} for seq in seqs}

    await anna.send(club, f"@{boris.username}")
    before = container.get(Modules)
    other = Module(name="other", description="Another", contributes=(Mentions("other", find),))
    container.replace(Modules, Modules((*before, other)))
    assert await addressed(container, club, 1) == {1: {anna.uuid, boris.uuid}}
    container.replace(Modules, before)
