"""What `manage.py doctor` finds in the index, and how it corrects it."""

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.search_module.tests.searching import search
from tests.fakers import FakeClient
from tests.manage import manage


@pytest.fixture
async def talk(anna: FakeClient, club: str) -> str:
    """A chat whose messages are indexed."""
    for number in range(4):
        await anna.send(club, f"сообщение {number}")
    await search(anna, "сообщение")
    return club


@pytest.mark.parametrize(
    ("says", "breaking"),
    [
        ("the search index contains the current texts of messages", "DELETE FROM search_message WHERE seq = 2"),
        (
            "the search index contains no deleted message",
            "UPDATE message SET text = '', deleted_at = now(), event_seqs = '{}' WHERE seq = 2",
        ),
    ],
)
async def test_the_doctor_finds_what_is_wrong_with_the_index(
    talk: str, connection: Connection, database_address: DatabaseAddress, says: str, breaking: str
) -> None:
    well = await manage(database_address, "doctor", "--least-free-mb=0")
    assert well.exit_code == 0, well.output
    assert "✓ a sample of messages is found by their longest words" in well.output
    await connection.execute(breaking)
    assert f"✗ {says}" in (await manage(database_address, "doctor", "--least-free-mb=0")).output


async def test_the_doctor_removes_what_a_server_without_searches_left_of_a_deleted_chat(
    talk: str, connection: Connection, database_address: DatabaseAddress
) -> None:
    await connection.execute("UPDATE chat SET deleted_at = now(), purged_at = now(), member_count = 0")
    for table in ("chat_member", "account_chat", "message"):
        await connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants only
    fixed = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes")
    assert f"✗ the search index contains no deleted message\n    {talk}: message 1" in fixed.output
    assert await connection.fetchval("SELECT count(*) FROM search_message") == 0
