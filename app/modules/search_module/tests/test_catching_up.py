"""Chats with messages whose events the log no longer has: the search was off for longer than events are kept."""

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.search_module.tests.searching import search, texts
from app.modules.streams_module.services.sequence_numbers import move_numbers_ahead
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok


@pytest.fixture
async def talk(anna: FakeClient, club: str, container: Container, connection: Connection) -> str:
    """A chat with messages of which the index has none, and the log no event."""
    for number in range(4):
        await anna.send(club, f"сообщение {number}")
    await search(anna, "сообщение")
    await connection.execute("DELETE FROM search_message")
    await move_numbers_ahead(container.get(Database).address)
    return club


async def test_a_search_says_what_it_leaves_out_until_the_chat_is_caught_up(
    anna: FakeClient, talk: str, connection: Connection
) -> None:
    created_at = ok(await anna.get(f"/chats/{talk}"))["created_at"]

    async def is_all_missing() -> bool:
        is_empty = await connection.fetchval("SELECT count(*) = 0 FROM search_message")
        answer = ok(await anna.get("/search/messages", q="сообщение"))
        return bool(is_empty and answer["indexed_through"]["at"] == created_at)

    async with connection.transaction():
        # The index is read, and not written.
        await connection.execute("LOCK TABLE search_message IN SHARE MODE")
        ok(await anna.patch(f"/chats/{talk}", {"title": "Клуб"}))
        await eventually(is_all_missing)
    assert len(await texts(anna, "сообщение")) == 4
