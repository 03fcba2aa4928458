"""The number of positions of a member in the threads of a chat is limited, and of threads that an account follows."""

from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.modules.threads_module.tests.calls import follow, followed, read, reply, thread, unfollow
from tests.fakers import FakeClient, ok, problem

_ADD = """
INSERT INTO thread_position (chat_id, root_seq, account_id, read_seq, is_following)
SELECT $1, seq, $2, 1, $4 FROM generate_series(1000001, 1000000 + $3::bigint) seq
"""


@pytest.fixture
async def full(anna: FakeClient, boris: FakeClient, connection: Connection, club: str) -> str:
    """A chat with two messages, in which a member follows the first one and has no room for the second."""
    for _ in range(2):
        await anna.send(club)
    await connection.execute(_ADD, UUID(club), boris.uuid, 9_999, True)
    ok(await follow(boris, club, 1))
    return club


async def test_a_member_follows_and_reads_at_most_ten_thousand_threads_of_a_chat(
    anna: FakeClient, boris: FakeClient, full: str
) -> None:
    problem(await follow(boris, full, 2), 409, "conflict")
    problem(await boris.put(f"/chats/{full}/threads/2/read", {"seq": 2}), 409, "conflict")
    ok(await unfollow(boris, full, 2))
    # What is followed already is not concerned, nor are other members and other chats.
    await reply(anna, full, 1)
    ok(await follow(boris, full, 1))
    assert await read(boris, full, 3) == {"read_seq": 3, "unread_count": 0}
    await reply(boris, full, 1)
    assert await followed(boris) == [(1, 4, 0)]
    ok(await follow(anna, full, 2))
    other = await anna.open_chat(boris)
    await boris.send(other)
    ok(await follow(boris, other, 1))


async def test_an_account_follows_at_most_twenty_thousand_threads_until_it_unfollows_some(
    anna: FakeClient, boris: FakeClient, connection: Connection, full: str
) -> None:
    second, third = [await anna.open_chat(boris) for _ in range(2)]
    for chat in (second, third, third):
        await anna.send(chat)
    await connection.execute(_ADD, UUID(second), boris.uuid, 9_999, True)
    ok(await follow(boris, second, 1))
    assert await read(boris, third, 1) == {"read_seq": 1, "unread_count": 0}
    problem(await follow(boris, third, 1), 409, "conflict")
    for root_seq in (1, 2):
        await reply(boris, third, root_seq)
    assert await thread(anna, third, 2) == {"reply_count": 1, "last_seq": 4, "participants": [boris.id]}
    assert await followed(boris) == []
    # What is followed already is not concerned.
    await reply(boris, second, 1)
    assert await followed(boris) == [(1, 2, 0)]
    ok(await follow(boris, second, 1))
    ok(await unfollow(boris, second, 1))
    ok(await follow(boris, third, 1))
    problem(await follow(boris, second, 1), 409, "conflict")


async def test_threads_that_an_account_has_only_read_or_has_unfollowed_leave_room_to_follow_others(
    anna: FakeClient, boris: FakeClient, connection: Connection
) -> None:
    for is_following in (None, False, None):
        chat = await anna.open_chat(boris)
        await connection.execute(_ADD, UUID(chat), boris.uuid, 9_990, is_following)
        for _ in range(2):
            await anna.send(chat)
        ok(await follow(boris, chat, 1))
        await reply(boris, chat, 2)
    assert len(await followed(boris)) == 3


async def test_a_reply_beyond_the_limit_is_sent_and_is_not_followed(
    anna: FakeClient, boris: FakeClient, full: str
) -> None:
    await reply(boris, full, 2)
    assert await thread(anna, full, 2) == {"reply_count": 1, "last_seq": 3, "participants": [boris.id]}
    await boris.send(full)
    await reply(anna, full, 4)
    assert await followed(boris) == []
    assert await followed(anna) == [(4, 5, 0), (2, 2, 1)]
