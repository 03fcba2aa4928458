"""How many rows a page of mentions reads."""

from datetime import UTC, datetime
from uuid import UUID

from app.adapters.db.connection import Connection
from app.modules.entities_module.db import list_mentions
from tests.fakers import FakeClient
from tests.reads import count_read

_CHATS, _MENTIONS, _LIMIT = 12, 8, 4
_NEWEST = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1), 1)


async def test_a_page_reads_one_mention_of_each_chat_and_more_of_as_many_chats_as_it_has_messages(
    anna: FakeClient, boris: FakeClient, connection: Connection
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(_CHATS)]
    for _ in range(_MENTIONS):
        for chat in chats:
            await anna.send(chat, f"@{boris.username}")
    page = list_mentions(connection, boris.uuid, _NEWEST, _LIMIT, unread=False)
    assert await count_read(connection, page, of="message_mention") <= _CHATS + _LIMIT * _LIMIT


async def test_a_page_ends_after_three_times_as_many_messages_to_all_of_the_account_itself_as_it_has_room_for(
    anna: FakeClient, connection: Connection, club: str
) -> None:
    seqs = [(await anna.send(club, "@all"))["seq"] for _ in range(4 * _LIMIT)]
    page = await list_mentions(connection, anna.uuid, _NEWEST, _LIMIT, unread=False)
    assert page.rows == []
    assert page.end is not None
    assert page.end[2] == seqs[-3 * _LIMIT]
