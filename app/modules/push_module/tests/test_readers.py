"""The members of a chat that have devices: the shorter list is read, of members or of subscriptions, in pages."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.modules.push_module.db.cruds import planning as crud
from app.modules.push_module.tests.devices import Device, PushService
from tests.fakers import FakeClient, ok


@pytest.mark.parametrize("is_large", [False, True])
async def test_all_members_with_devices_are_found_whichever_list_is_shorter(
    anna: FakeClient,
    boris: FakeClient,
    clara: FakeClient,
    stranger: FakeClient,
    service: PushService,
    connection: Connection,
    is_large: bool,
) -> None:
    chat_id = UUID(await anna.open_chat(boris, clara))
    for user in (anna, clara, stranger, stranger):
        await Device(service, user).subscribe()
    if is_large:
        await connection.execute("UPDATE chat SET member_count = 10000 WHERE id = $1", chat_id)
    await anna.send(str(chat_id))
    found: dict[UUID, int] = {}
    after: UUID | None = UUID(int=0)
    pages = 0
    while after is not None:
        readers = await crud.list_readers(connection, chat_id, after, 1)
        assert readers is not None
        found |= readers.read_seqs
        after, pages = readers.last, pages + 1
    assert found == {anna.uuid: 1, clara.uuid: 0}
    assert pages > 2


async def test_a_deleted_chat_has_no_readers(
    anna: FakeClient, boris: FakeClient, club: str, service: PushService, connection: Connection
) -> None:
    await Device(service, boris).subscribe()
    ok(await anna.delete(f"/chats/{club}"))
    assert await crud.list_readers(connection, UUID(club), UUID(int=0), 10) is None


@pytest.mark.parametrize(("most", "found_of"), [(1, (0, 1, 2, 3)), (2, (0, 1, 3)), (5, (0, 1))])
async def test_chats_without_a_subscribed_member_are_left_out_unless_both_lists_are_long(
    anna: FakeClient,
    boris: FakeClient,
    clara: FakeClient,
    stranger: FakeClient,
    service: PushService,
    connection: Connection,
    most: int,
    found_of: Sequence[int],
) -> None:
    members = ((boris,), (boris, clara), (clara,), (clara,))
    chats = [await anna.open_chat(*others) for others in members]
    await connection.execute("UPDATE chat SET member_count = 4 WHERE id = $1", UUID(chats[3]))
    deleted = await anna.open_chat(boris)
    ok(await anna.delete(f"/chats/{deleted}"))
    for user in (boris, stranger):
        await Device(service, user).subscribe()
    found = await crud.list_subscribed(connection, [UUID(chat_id) for chat_id in (*chats, deleted)], most)
    assert found == {UUID(chats[number]) for number in found_of}
