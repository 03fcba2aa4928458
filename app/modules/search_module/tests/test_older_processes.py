"""Processes whose code makes lexemes of an older form, beside those that have begun an index of a newer one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Jobs
from app.modules.search_module.services.building import Building, begin_if_missing
from app.modules.search_module.services.indexing import FORM
from app.modules.search_module.services.subscriber import CATCH_UP, SEARCH, ChatToIndex
from app.modules.search_module.tests.searching import search, texts
from app.modules.streams_module.extension import LeftToOthers, SubscriberContext, read_events
from app.modules.streams_module.services.log import now
from app.utils.container import Container
from tests.fakers import FakeClient
from tests.server_processes import ServerProcess
from tests.servers import http_client
from tests.waiting import until

_OLDER = """
import re
from app.modules.search_module.services import indexing
indexing.FORM = "older"
indexing._LINK = re.compile("(?!)")
from app.utils.launcher import launch
launch("app.fastapi_engine.server")
"""
"""A server that does not find links."""
_SET = "UPDATE search_build SET form = $1"
_SHOW = "SELECT form || ' ' || state FROM search_build"


@pytest.fixture
async def connection(connection: Connection) -> AsyncIterator[Connection]:
    yield connection
    await connection.execute(_SET, FORM)


@pytest.fixture
def older(database_address: DatabaseAddress, tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(database_address, tmp_path / "older.log", ("-c", _OLDER))
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()
    assert server.troubles() == []


async def test_after_an_older_process_has_ended_messages_of_both_are_found(
    anna: FakeClient, club: str, older: ServerProcess, container: Container, connection: Connection
) -> None:
    database = container.get(Database)

    async def send(number: int) -> None:
        for sender, name in ((anna, "newer"), (guest, "older")):
            await sender.send(club, f"{name} {number} https://example.com")

    await until(connection, f"SELECT ({_SHOW}) = 'older ready'")
    async with http_client(f"http://{older.address}") as http:
        guest = replace(anna, http=http)
        for number in range(3):
            await send(number)
        await search(anna, "example")
        assert await texts(anna, "example has:link") == []
        assert await begin_if_missing(database)
        building = asyncio.create_task(Building(database).finish())
        for number in range(3, 10):
            await send(number)
        await building
        for number in range(10, 13):
            await send(number)
        older.stop()
    assert await connection.fetchval(_SHOW) == f"{FORM} ready"
    assert len(await texts(anna, "example", limit=50)) == 26
    assert len(await texts(anna, "example has:link", limit=50)) == 26


async def test_messages_are_left_until_a_process_of_the_form_of_the_index_handles_them(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await anna.send(club, "первое")
    await search(anna, "первое")
    await connection.execute(_SET, "newer")
    await anna.send(club, "второе")

    async with open_unit_of_work(container.get(Database)) as work:
        raw = await work.raw()
        events = [event for event in await read_events(raw, UUID(club), 0, 100) if SEARCH.wants[event.kind]]
        with pytest.raises(LeftToOthers):
            async with work.savepoint():
                await SEARCH.handle(SubscriberContext(raw, container, now(), work, UUID(club)), events)
    assert await connection.fetchval("SELECT count(*) FROM search_message WHERE chat_id = $1", UUID(club)) == 1
    await connection.execute(_SET, FORM)
    assert await texts(anna, "второе") == ["второе"]


async def test_a_chat_is_caught_up_by_a_process_of_the_form_of_the_index(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await anna.send(club, "первое")
    await search(anna, "первое")
    await connection.execute("DELETE FROM search_message")
    await connection.execute(_SET, "newer")
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Jobs).enqueue(work, CATCH_UP, ChatToIndex(chat_id=UUID(club)), key=club)
    await until(connection, "SELECT run_at > created_at FROM job WHERE name = 'search.catch_up'")
    assert await connection.fetchval("SELECT attempts FROM job WHERE name = 'search.catch_up'") == 0
    assert await connection.fetchval("SELECT count(*) FROM search_message") == 0
    await connection.execute(_SET, FORM)
    assert await texts(anna, "первое") == ["первое"]
