"""Threads that a member follows, and how far it has read them."""

from uuid import UUID, uuid4

import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.tests.erasing import erase
from app.modules.base_module.services.cursors import encode_cursor
from app.modules.threads_module.tests.calls import follow, followed, read, reply, thread, unfollow
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, ok, problem


async def test_who_starts_or_answers_a_thread_follows_it(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    await anna.send(club)
    assert await followed(anna) == []
    await reply(boris, club)
    assert (await followed(anna), await followed(boris), await followed(clara)) == ([(1, 1, 1)], [(1, 2, 0)], [])
    await reply(clara, club)
    assert (await followed(anna), await followed(boris), await followed(clara)) == (
        [(1, 1, 2)],
        [(1, 2, 1)],
        [(1, 3, 0)],
    )


async def test_a_thread_has_its_own_read_position(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club)
    for _ in range(3):
        await reply(boris, club)
    assert await read(anna, club, 3) == {"read_seq": 3, "unread_count": 1}
    assert await read(anna, club, 2) == {"read_seq": 3, "unread_count": 1}
    assert ok(await anna.get(f"/chats/{club}"))["unread_count"] == 3
    ok(await anna.put(f"/chats/{club}/read", {"seq": 4}))
    assert await followed(anna, unread=True) == [(1, 3, 1)]
    assert await read(anna, club, 4) == {"read_seq": 4, "unread_count": 0}
    assert await followed(anna, unread=True) == []
    assert await followed(anna) == [(1, 4, 0)]
    problem(await anna.put(f"/chats/{club}/threads/1/read", {"seq": 5}), 422, "validation_error")
    moved = [event["data"] for event in await anna.own_events() if event["kind"] == "thread.read_moved"]
    assert moved == [{"chat_id": club, "root_seq": 1, "read_seq": seq} for seq in (3, 4)]


async def test_an_author_who_reads_before_the_first_reply_follows_all_the_same(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await anna.send(club)
    await read(anna, club, 1)
    await reply(boris, club)
    assert await followed(anna) == [(1, 1, 1)]


async def test_following_and_unfollowing(anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str) -> None:
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    await anna.send(club)
    await reply(boris, club)
    for _ in range(2):
        assert (await follow(clara, club)).status_code == 204
    assert await followed(clara) == [(1, 2, 0)]
    await reply(boris, club)
    assert await followed(clara) == [(1, 2, 1)]
    for _ in range(2):
        assert (await unfollow(clara, club)).status_code == 204
    assert await followed(clara) == []
    await unfollow(anna, club)
    await reply(boris, club)
    assert await followed(anna) == []
    await reply(anna, club)
    assert await followed(anna) == [(1, 5, 0)]
    kinds = [event["kind"] for event in await clara.own_events() if event["kind"].startswith("thread.")]
    assert kinds == ["thread.followed", "thread.unfollowed"]


async def test_a_message_is_followed_before_its_first_reply(anna: FakeClient, boris: FakeClient, club: str) -> None:
    for _ in range(2):
        await anna.send(club)
    ok(await follow(boris, club, 1))
    ok(await unfollow(anna, club, 2))
    assert await followed(boris) == []
    await reply(anna, club, 1)
    await reply(boris, club, 2)
    assert sorted(await followed(boris)) == [(1, 1, 1), (2, 4, 0)]
    assert await followed(anna) == [(1, 3, 0)]
    problem(await follow(boris, club, 3), 409, "root_is_reply")
    problem(await follow(boris, club, 5), 404, "not_found")


async def places_of(user: FakeClient, limit: int) -> list[tuple[str, int]]:
    """Returns chat and root of each thread that a user follows, read page by page."""
    found: list[tuple[str, int]] = []
    cursor: dict[str, str] = {}
    while True:
        page = ok(await user.get("/threads", limit=limit, **cursor))
        found += [(item["root"]["chat_id"], item["root"]["seq"]) for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def test_threads_are_listed_by_their_newest_reply(
    anna: FakeClient, boris: FakeClient, connection: Connection, club: str
) -> None:
    other = await anna.open_chat(boris, title="Другой чат")
    places = [(chat_id, seq) for chat_id in (club, other) for seq in range(1, 4)]
    for chat_id, _ in places:
        await anna.send(chat_id)
    for chat_id, seq in places:
        await reply(boris, chat_id, seq)
    assert await places_of(anna, limit=4) == places[::-1]
    # As if all replies were written in one batch.
    await connection.execute("UPDATE thread SET active_at = now()")
    assert await places_of(anna, limit=1) == sorted(places, reverse=True)
    at, chat_id = "2026-01-01T00:00:00Z", str(uuid4())
    forged = [(at, chat_id, 2**63), (at, chat_id, -1), ("0001-01-01T00:00:00+14:00", chat_id, 1), (at[:-1], chat_id, 1)]
    for wrong in ("x", "WyJhbm5hIl0", *(encode_cursor(*values, of="threads") for values in forged)):
        problem(await anna.get("/threads", cursor=wrong), 422, "validation_error")


async def test_leaving_ends_positions_and_rejoining_brings_none_back(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await anna.send(club)
    await reply(boris, club)
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    assert await followed(boris) == []
    problem(await boris.get(f"/chats/{club}/threads/1/messages"), 404, "not_found")
    assert await thread(anna, club) == {"reply_count": 1, "last_seq": 2, "participants": [boris.id]}
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    assert await followed(boris) == []
    # An author who has left does not follow by being answered.
    await boris.send(club)
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    await reply(anna, club, 3)
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    assert await followed(boris) == []


async def test_an_author_who_rejoins_has_read_the_replies_from_before(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await boris.send(club)
    await reply(anna, club)
    await reply(boris, club)
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    await reply(anna, club)
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    await reply(anna, club)
    assert ok(await boris.get(f"/chats/{club}"))["unread_count"] == 1
    assert await followed(boris) == [(1, 4, 1)]


@pytest.mark.usefixtures("erasing_at_once")
async def test_an_erased_author_does_not_follow_its_threads_again(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    chat = await anna.open_chat(boris, type="direct")
    for _ in range(2):
        await anna.send(chat)
    await reply(boris, chat, 1)
    await erase(container, connection, anna)
    for root_seq in (1, 2):
        await reply(boris, chat, root_seq)
    assert await rows(container, "SELECT FROM thread_position WHERE account_id = $1", anna.uuid) == []
    assert await followed(boris) == [(2, 5, 0), (1, 4, 0)]


_ADD_REPLIES = """
INSERT INTO thread_reply (chat_id, seq, root_seq, sender_id)
SELECT $1, seq, 1, $2 FROM generate_series($3::bigint, $4) seq
"""


async def test_up_to_ten_thousand_unread_replies_are_counted(
    anna: FakeClient, boris: FakeClient, connection: Connection, club: str
) -> None:
    await anna.send(club)
    await reply(boris, club)
    for first_seq, last_seq, counted in ((3, 10_000, 9_999), (10_001, 10_006, 10_000)):
        await connection.execute(_ADD_REPLIES, UUID(club), boris.uuid, first_seq, last_seq)
        assert await followed(anna) == [(1, 1, counted)]
        assert await read(anna, club, 1) == {"read_seq": 1, "unread_count": counted}
