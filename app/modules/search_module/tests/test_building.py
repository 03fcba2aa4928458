"""Building an index: the first one, and another one beside it."""

import asyncio
from uuid import UUID

import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.search_module.services import building
from app.modules.search_module.services.building import Building, begin_if_missing
from app.modules.search_module.services.indexing import FORM
from app.modules.search_module.services.subscriber import SEARCH
from app.modules.search_module.tests.searching import search, texts
from app.modules.streams_module.extension import hold_streams
from app.modules.streams_module.services.sequence_numbers import move_numbers_ahead
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok, problem
from tests.manage import manage
from tests.waiting import until, until_waiting


@pytest.fixture
async def talk(anna: FakeClient, club: str, container: Container, monkeypatch: pytest.MonkeyPatch) -> str:
    """A chat whose messages are indexed, in an application whose builds have small chunks."""
    monkeypatch.setattr(building, "MESSAGES_AT_ONCE", 500)
    for number in range(4):
        await anna.send(club, f"сообщение {number}")
    await search(anna, "сообщение")
    return club


async def finds_all(reader: FakeClient) -> bool:
    """Returns True if the reader finds all messages of the chat."""
    return len(await texts(reader, "сообщение")) == 4


async def test_a_new_installation_has_nothing_to_build(template: DatabaseAddress) -> None:
    async with Database(template).connected() as database, database.connection() as connection:
        built = await connection.fetchval("SELECT form || ' ' || state FROM search_build")
    assert built == f"{FORM} ready"


async def test_while_the_first_index_is_built_a_search_is_refused_with_its_progress(
    anna: FakeClient, talk: str, container: Container, connection: Connection
) -> None:
    database = container.get(Database)
    await connection.execute("TRUNCATE search_message")
    await begin_if_missing(database)
    refused = await anna.get("/search/messages", q="сообщение")
    body = problem(refused, 503, "search_building")
    assert (refused.headers["retry-after"], body["progress"]) == ("5", 0)
    await Building(database).finish()
    assert await texts(anna, "сообщение 2") == ["сообщение 2"]


async def test_an_index_of_another_form_is_built_anew_while_searches_go_on(
    anna: FakeClient, talk: str, container: Container, connection: Connection
) -> None:
    database = container.get(Database)
    await connection.execute("UPDATE search_build SET form = 'old'")
    await begin_if_missing(database)
    assert await texts(anna, "сообщение 2") == ["сообщение 2"]
    await Building(database).finish()
    assert await connection.fetchval("SELECT form || ' ' || state FROM search_build") == f"{FORM} ready"
    assert await texts(anna, "сообщение 2") == ["сообщение 2"]


async def test_an_operator_builds_a_new_index(
    anna: FakeClient, talk: str, connection: Connection, database_address: DatabaseAddress
) -> None:
    await connection.execute("UPDATE search_message SET tsv = ''")
    assert await texts(anna, "сообщение") == []
    before = await connection.fetchval("SELECT 'search_message'::regclass::oid")
    result = await manage(database_address, "search", "rebuild")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "the index is complete")
    assert await connection.fetchval("SELECT 'search_message'::regclass::oid") != before
    assert await connection.fetchval("SELECT count(*) FROM search_message_next") == 0
    assert len(await texts(anna, "сообщение")) == 4
    shown = (await manage(database_address, "search", "status")).stdout.splitlines()
    assert shown == ["the index is complete", "0 chats have messages that are not indexed yet"]


async def test_a_rebuild_waits_for_a_server_that_looks_for_a_build(
    talk: str, connection: Connection, database_address: DatabaseAddress
) -> None:
    before = await connection.fetchval("SELECT 'search_message'::regclass::oid")
    async with connection.transaction():
        await connection.execute("SELECT FROM search_build FOR UPDATE")
        rebuilding = asyncio.create_task(manage(database_address, "search", "rebuild"))
        await asyncio.sleep(3)
        assert not rebuilding.done()
    assert (await rebuilding).exit_code == 0
    assert await connection.fetchval("SELECT 'search_message'::regclass::oid") != before


async def test_a_rebuild_waits_for_a_backup(
    anna: FakeClient, talk: str, container: Container, connection: Connection, database_address: DatabaseAddress
) -> None:
    async with connection.transaction():
        await connection.execute("LOCK TABLE search_message IN ACCESS SHARE MODE")
        rebuilding = asyncio.create_task(manage(database_address, "search", "rebuild"))
        # The new table is built, and waits to replace the old one.
        await until_waiting(container, 1)
        await asyncio.sleep(1)
        assert not rebuilding.done()
    result = await rebuilding
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "the index is complete")
    assert len(await texts(anna, "сообщение")) == 4


async def test_what_changes_during_a_build_is_in_the_new_index_as_it_is(
    anna: FakeClient, talk: str, container: Container, connection: Connection
) -> None:
    database = container.get(Database)
    async with open_unit_of_work(database) as work:
        assert await building.begin(work)
    async with open_unit_of_work(database) as work:
        # A build that has come to the chat, and to its end.
        await (await work.raw()).execute("UPDATE search_build SET chat_id = $1, seq = 4", UUID(talk))
    ok(await anna.patch(f"/chats/{talk}/messages/2", {"text": "правка"}))
    ok(await anna.delete(f"/chats/{talk}/messages/3"))
    await anna.send(talk, "новое")
    assert await texts(anna, "правка") == ["правка"]
    rows = await connection.fetch("SELECT seq FROM search_message_next WHERE chat_id = $1 ORDER BY seq", UUID(talk))
    assert [row["seq"] for row in rows] == [2, 5]


async def test_a_chat_whose_events_are_being_handled_is_waited_for(
    anna: FakeClient, talk: str, container: Container, connection: Connection
) -> None:
    database = container.get(Database)
    async with open_unit_of_work(database) as work:
        await building.begin(work)
    finishing = asyncio.create_task(Building(database).finish())
    async with open_unit_of_work(database) as work:
        if await hold_streams(work, SEARCH, [UUID(talk)]):
            await asyncio.sleep(0.1)
    await finishing
    assert len(await texts(anna, "сообщение")) == 4


async def test_a_chat_that_is_new_while_a_build_ends_is_in_the_new_index(
    anna: FakeClient, boris: FakeClient, talk: str, container: Container, connection: Connection
) -> None:
    database = container.get(Database)
    async with open_unit_of_work(database) as work:
        await building.begin(work)
    async with connection.transaction():
        # The build has looked for chats, and waits with its last step.
        await connection.execute("LOCK TABLE search_message_next IN SHARE UPDATE EXCLUSIVE MODE")
        finishing = asyncio.create_task(Building(database).finish())
        await until_waiting(container, 1)
        chat_id = await anna.open_chat(boris, id="ffffffff-ffff-4fff-bfff-ffffffffffff")
        await anna.send(chat_id, "первое")
        assert await texts(anna, "первое") == ["первое"]
    # On a slow machine it has not waited long enough, and begins its last step again.
    await asyncio.gather(finishing, return_exceptions=True)
    await Building(database).finish()
    assert await connection.fetchval("SELECT state FROM search_build") == "ready"
    assert await texts(anna, "первое") == ["первое"]


async def test_after_a_restore_what_is_missing_is_indexed(
    anna: FakeClient, talk: str, container: Container, connection: Connection
) -> None:
    await connection.execute("DELETE FROM search_message WHERE seq > 2")
    await connection.execute("UPDATE search_message SET revision = 0 WHERE seq = 1")
    await move_numbers_ahead(container.get(Database).address)
    await anna.send(talk, "после")
    await eventually(lambda: finds_all(anna))


async def test_events_that_are_handled_again_leave_what_is_newer_in_the_index(
    anna: FakeClient, talk: str, connection: Connection
) -> None:
    await connection.execute("DELETE FROM search_message WHERE seq = 2")
    await connection.execute("UPDATE search_message SET tsv = 'нечто', revision = 0 WHERE seq = 3")
    await connection.execute("UPDATE subscriber_cursor SET seq = 0 WHERE subscriber = 'search'")
    await anna.send(talk, "после")
    await eventually(lambda: finds_all(anna))


async def test_the_event_of_a_deleted_message_that_is_retried_leaves_nothing_in_the_index(
    anna: FakeClient, talk: str, connection: Connection
) -> None:
    ok(await anna.delete(f"/chats/{talk}/messages/3"))
    assert len(await texts(anna, "сообщение")) == 3
    # As if the event had been set aside before, and an operator retries it.
    await connection.execute(
        """
        INSERT INTO subscriber_failure (stream_id, subscriber, seq, error, failed_at, retry_at)
        SELECT stream_id, 'search', seq, 'error', now(), now() FROM event
        WHERE stream_id = $1 AND kind = 'message.created' AND data->>'seq' = '3'
        """,
        UUID(talk),
    )
    await until(connection, "SELECT count(*) = 0 FROM subscriber_failure")
    rows = await connection.fetch("SELECT seq FROM search_message WHERE chat_id = $1 ORDER BY seq", UUID(talk))
    assert [row["seq"] for row in rows] == [1, 2, 4]


async def test_a_deleted_chat_leaves_nothing_in_the_index(
    anna: FakeClient, talk: str, connection: Connection, server: httpx.AsyncClient
) -> None:
    ok(await anna.delete(f"/chats/{talk}"))
    await until(connection, "SELECT count(*) = 0 FROM search_message WHERE chat_id = $1", UUID(talk))
