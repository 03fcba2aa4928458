"""Chats with messages whose events the log no longer has: the search was off for longer than events are kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.services.housekeeping import CLEANUP
from app.modules.jobs_module.extension import Jobs
from app.modules.search_module.services.subscriber import CATCH_UP, SEARCH, ChatToIndex
from app.modules.search_module.tests.searching import search, texts
from app.modules.streams_module.extension import hold_streams
from app.modules.streams_module.services.sequence_numbers import move_numbers_ahead
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok
from tests.manage import manage
from tests.periodic_jobs import run_once

_CHATS = 9
"""More than the jobs that run at once without a lane of their own."""


@pytest.fixture
async def talk(anna: FakeClient, club: str, connection: Connection) -> str:
    """A chat with messages whose events have been handled, and of which the index has none."""
    for number in range(4):
        await anna.send(club, f"сообщение {number}")
    await search(anna, "сообщение")
    await connection.execute("DELETE FROM search_message")
    return club


async def add_job(container: Container, chat_id: str, state: str) -> None:
    """Adds a job that is to index the chat, and does not run soon."""
    async with open_unit_of_work(container.get(Database)) as work:
        jobs, payload = container.get(Jobs), ChatToIndex(chat_id=UUID(chat_id))
        await jobs.enqueue(work, CATCH_UP, payload, key=chat_id, run_at=datetime.now(UTC) + timedelta(days=1))
        await (await work.raw()).execute("UPDATE job SET state = $1 WHERE name = 'search.catch_up'", state)


async def test_a_search_says_what_it_leaves_out_until_the_chat_is_caught_up(
    anna: FakeClient, talk: str, container: Container, connection: Connection
) -> None:
    created_at = ok(await anna.get(f"/chats/{talk}"))["created_at"]

    async def is_all_missing() -> bool:
        is_empty = await connection.fetchval("SELECT count(*) = 0 FROM search_message")
        answer = ok(await anna.get("/search/messages", q="сообщение"))
        return bool(is_empty and answer["indexed_through"]["at"] == created_at)

    async with connection.transaction():
        # The index is read, and not written.
        await connection.execute("LOCK TABLE search_message IN SHARE MODE")
        await move_numbers_ahead(container.get(Database).address)
        assert await is_all_missing()
        ok(await anna.patch(f"/chats/{talk}", {"title": "Клуб"}))
        await eventually(is_all_missing)
    assert len(await texts(anna, "сообщение")) == 4


async def test_a_search_says_what_it_leaves_out_also_of_a_chat_whose_job_is_from_an_earlier_version(
    anna: FakeClient, club: str, container: Container
) -> None:
    created_at = ok(await anna.get(f"/chats/{club}"))["created_at"]
    await add_job(container, club, "waiting")
    answer = ok(await anna.get("/search/messages", q="сообщение"))
    assert answer["indexed_through"]["at"] == created_at


async def test_a_chat_that_could_not_be_caught_up_is_whole_after_the_next_time(
    anna: FakeClient, talk: str, container: Container
) -> None:
    await add_job(container, talk, "dead")
    await move_numbers_ahead(container.get(Database).address)
    ok(await anna.patch(f"/chats/{talk}", {"title": "Клуб"}))
    assert len(await texts(anna, "сообщение")) == 4


async def test_a_chat_that_could_not_be_caught_up_is_whole_in_a_new_index(
    anna: FakeClient, talk: str, container: Container, database_address: DatabaseAddress
) -> None:
    await add_job(container, talk, "dead")
    assert (await manage(database_address, "search", "rebuild")).exit_code == 0
    assert len(await texts(anna, "сообщение")) == 4


async def test_chats_to_catch_up_hold_up_no_other_jobs(anna: FakeClient, container: Container) -> None:
    chats = [UUID(await anna.open_chat()) for _ in range(_CHATS)]
    for chat_id in chats:
        await anna.send(str(chat_id), "сообщение")
    await search(anna, "сообщение")
    database = container.get(Database)
    async with open_unit_of_work(database) as holding:
        # Their jobs wait for the chats.
        assert await hold_streams(holding, SEARCH, chats) == set(chats)
        async with open_unit_of_work(database) as work:
            for chat_id in chats:
                await container.get(Jobs).enqueue(work, CATCH_UP, ChatToIndex(chat_id=chat_id))
        await run_once(container, CLEANUP)
