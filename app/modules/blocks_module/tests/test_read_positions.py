"""Read positions of an account are hidden from those that it has blocked."""

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.blocks_module.tests.blocking import block, unblock
from app.modules.chats_module.services.parts import ChatParts
from app.utils.container import Container
from tests.fakers import FakeClient, ok
from tests.reads import count_read

_BLOCKS = """
INSERT INTO account_block (account_id, blocked_id, created_at)
SELECT gen_random_uuid(), $1, now() FROM generate_series(1, $2::int)
"""


async def test_read_positions_are_hidden_from_the_blocked(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    direct, club = await anna.open_chat(boris, type="direct"), await clara.open_chat(anna, boris)
    for chat in (direct, club):
        await boris.send(chat)
        ok(await anna.put(f"/chats/{chat}/read", {"seq": 1}))
    await block(anna, boris)
    assert ok(await boris.get(f"/chats/{direct}"))["others_read_seq"] == 0
    chats = {chat["id"]: chat for chat in ok(await boris.get("/chats"))["items"]}
    assert chats[direct]["others_read_seq"] == 0
    read = {
        viewer.username: {
            each["account_id"]: each["read_seq"] for each in ok(await viewer.get(f"/chats/{club}/members"))["items"]
        }
        for viewer in (boris, clara)
    }
    assert (read[boris.username][anna.id], read[clara.username][anna.id]) == (0, 1)
    assert ok(await anna.get(f"/chats/{direct}"))["others_read_seq"] == 1
    await unblock(anna, boris)
    assert ok(await boris.get(f"/chats/{direct}"))["others_read_seq"] == 1


async def test_the_read_position_of_a_group_leaves_out_who_has_blocked_the_viewer(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    club = await clara.open_chat(anna, boris)
    for _ in range(3):
        await boris.send(club)
    ok(await anna.put(f"/chats/{club}/read", {"seq": 3}))
    ok(await clara.put(f"/chats/{club}/read", {"seq": 1}))

    async def seen_by(viewer: FakeClient) -> list[int]:
        listed = {chat["id"]: chat for chat in ok(await viewer.get("/chats"))["items"]}
        return [ok(await viewer.get(f"/chats/{club}"))["others_read_seq"], listed[club]["others_read_seq"]]

    assert await seen_by(boris) == [3, 3]
    await block(anna, boris)
    assert (await seen_by(boris), await seen_by(clara), await seen_by(anna)) == ([1, 1], [3, 3], [3, 3])
    await block(clara, boris)
    assert await seen_by(boris) == [0, 0]
    await unblock(anna, boris)
    assert await seen_by(boris) == [3, 3]


@pytest.mark.parametrize("is_removed", [False, True])
async def test_the_read_position_of_a_group_leaves_out_who_has_blocked_the_viewer_and_left(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, is_removed: bool
) -> None:
    club = await clara.open_chat(anna, boris)
    for _ in range(3):
        await boris.send(club)
    ok(await anna.put(f"/chats/{club}/read", {"seq": 3}))
    ok(await clara.put(f"/chats/{club}/read", {"seq": 1}))
    await block(anna, boris)
    ok(await (clara if is_removed else anna).delete(f"/chats/{club}/members/{anna.id}"))
    (listed,) = ok(await boris.get("/chats"))["items"]
    assert (listed["others_read_seq"], ok(await boris.get(f"/chats/{club}"))["others_read_seq"]) == (1, 1)
    assert ok(await clara.get(f"/chats/{club}"))["others_read_seq"] == 3
    await unblock(anna, boris)
    assert ok(await boris.get(f"/chats/{club}"))["others_read_seq"] == 3


async def test_a_new_member_does_not_count_as_having_read_what_others_hide(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    club = await anna.open_chat(boris)
    await block(anna, boris)
    await boris.send(club)
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    assert ok(await boris.get(f"/chats/{club}"))["others_read_seq"] == 0
    await boris.send(club)
    assert ok(await boris.get(f"/chats/{club}"))["others_read_seq"] == 0
    ok(await clara.put(f"/chats/{club}/read", {"seq": 2}))
    assert ok(await boris.get(f"/chats/{club}"))["others_read_seq"] == 2


async def test_no_read_position_is_shown_to_an_account_that_more_than_five_thousand_have_blocked(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    club = await anna.open_chat(boris)
    await boris.send(club)
    ok(await anna.put(f"/chats/{club}/read", {"seq": 1}))

    async def seen() -> list[int]:
        (listed,) = ok(await boris.get("/chats"))["items"]
        return [listed["others_read_seq"], ok(await boris.get(f"/chats/{club}"))["others_read_seq"]]

    await connection.execute(_BLOCKS, boris.uuid, 5_000)
    assert await seen() == [1, 1]
    await connection.execute(_BLOCKS, boris.uuid, 5_000)
    assert await seen() == [0, 0]
    async with container.get(Database).connection() as raw:
        hidden = container.get(ChatParts).list_hidden(raw, boris.uuid)
        assert await count_read(raw, hidden, of="account_block") <= 5_001
