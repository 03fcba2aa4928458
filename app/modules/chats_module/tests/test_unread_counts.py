"""The number of unread messages equals a recount of the history, after every step of random histories."""

import random
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from tests.fakers import FakeClient, ok


async def recount(user: FakeClient, chat_id: str) -> tuple[int, int]:
    """Returns the number that the chat shows, and the number of messages after the read position that exist."""
    chat = ok(await user.get(f"/chats/{chat_id}"))
    history = ok(await user.get(f"/chats/{chat_id}/messages", limit=200))["items"]
    unread = [message for message in history if message["seq"] > chat["read_seq"] and message["deleted_at"] is None]
    return chat["unread_count"], len(unread)


@pytest.mark.parametrize("seed", range(4))
async def test_unread_counts_equal_a_recount(anna: FakeClient, boris: FakeClient, clara: FakeClient, seed: int) -> None:
    club = await anna.open_chat(boris, clara)
    users, phone = [anna, boris, clara], await boris.another_device().sign_in()
    choices, last_seq = random.Random(seed), 0  # noqa: S311 - a test
    for _ in range(40):
        step, user = choices.choice(["send", "send", "delete", "edit", "read", "rejoin"]), choices.choice(users)
        seq = choices.randint(1, last_seq) if last_seq else 0
        if step == "send":
            last_seq = (await user.send(club))["seq"]
        elif step == "delete" and seq:
            ok(await anna.delete(f"/chats/{club}/messages/{seq}"))
        elif step == "edit" and seq:
            await user.patch(f"/chats/{club}/messages/{seq}", {"text": "Иначе"})
        elif step == "read":
            ok(await choices.choice([user, phone]).put(f"/chats/{club}/read", {"seq": seq}))
        elif step == "rejoin" and user is clara:
            ok(await clara.delete(f"/chats/{club}/members/{clara.id}"))
            ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
        for each in (*users, phone):
            shown, counted = await recount(each, club)
            assert shown == counted


_ADD_DELETED = """
INSERT INTO message (chat_id, seq, id, sender_id, type, text, digest, created_at, deleted_at, event_seqs)
SELECT $1, seq, gen_random_uuid(), $2, 'text', '', '', now(), now(), '{}' FROM generate_series($3::bigint, $4) seq
"""


async def test_up_to_ten_thousand_deleted_messages_are_not_counted_as_unread(
    anna: FakeClient, boris: FakeClient, connection: Connection, club: str
) -> None:
    await boris.send(club)

    async def counts() -> set[int]:
        (listed,) = ok(await anna.get("/chats"))["items"]
        read = ok(await anna.put(f"/chats/{club}/read", {"seq": 0}))
        return {listed["unread_count"], ok(await anna.get(f"/chats/{club}"))["unread_count"], read["unread_count"]}

    for first_seq, last_seq, unread in ((2, 10_001, 1), (10_002, 10_006, 6)):
        await connection.execute(_ADD_DELETED, UUID(club), boris.uuid, first_seq, last_seq)
        await connection.execute("UPDATE chat SET last_seq = $2 WHERE id = $1", UUID(club), last_seq)
        assert await counts() == {unread}
