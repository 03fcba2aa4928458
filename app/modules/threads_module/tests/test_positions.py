"""The number of positions that an account has in the threads of one chat, and of all, is limited."""

from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.modules.threads_module.tests.calls import follow, followed, read, reply, thread, unfollow
from tests.fakers import FakeClient, ok, problem

_ADD = """
INSERT INTO thread_position (chat_id, root_seq, account_id, read_seq, is_following)
SELECT $1, seq, $2, seq, true FROM generate_series(1000001, 1000000 + $3::bigint) seq
"""


@pytest.fixture
async def full(anna: FakeClient, boris: FakeClient, connection: Connection, club: str) -> str:
    """A chat with two messages, in which a member follows the first one and has no room for the second."""
    for _ in range(2):
        await anna.send(club)
    await connection.execute(_ADD, UUID(club), boris.uuid, 9_999)
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


async def test_an_account_follows_and_reads_at_most_twenty_thousand_threads(
    anna: FakeClient, boris: FakeClient, connection: Connection, full: str
) -> None:
    second, third = [await anna.open_chat(boris) for _ in range(2)]
    for chat in (second, third):
        await anna.send(chat)
    await connection.execute(_ADD, UUID(second), boris.uuid, 9_999)
    ok(await follow(boris, second, 1))
    problem(await follow(boris, third, 1), 409, "conflict")
    await reply(boris, third, 1)
    assert await thread(anna, third, 1) == {"reply_count": 1, "last_seq": 2, "participants": [boris.id]}
    assert await followed(boris) == []
    assert await read(boris, second, 1) == {"read_seq": 1, "unread_count": 0}
    await connection.execute("DELETE FROM thread_position WHERE root_seq = 1000001 AND chat_id = $1", UUID(full))
    ok(await follow(boris, third, 1))


async def test_a_reply_beyond_the_limit_is_sent_and_is_not_followed(
    anna: FakeClient, boris: FakeClient, full: str
) -> None:
    await reply(boris, full, 2)
    assert await thread(anna, full, 2) == {"reply_count": 1, "last_seq": 3, "participants": [boris.id]}
    await boris.send(full)
    await reply(anna, full, 4)
    assert await followed(boris) == []
    assert await followed(anna) == [(4, 5, 0), (2, 2, 1)]
