"""Processes of two versions of which each makes other lexemes, as during an upgrade: the index has those of one."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import pytest
from loguru import logger

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Jobs
from app.modules.search_module.services.building import Building, begin_if_missing
from app.modules.search_module.services.indexing import FORM
from app.modules.search_module.services.subscriber import CATCH_UP, ChatToIndex
from app.modules.search_module.tests.searching import texts
from app.utils.container import Container
from tests.fakers import FakeClient, eventually
from tests.manage import manage
from tests.waiting import until_waiting

_SET = "UPDATE search_build SET form = $1, state = $2"
_SHOW = "SELECT form || ' ' || state FROM search_build"
_INDEXED = "SELECT (SELECT count(*) FROM search_message) + (SELECT count(*) FROM search_message_next)"


@pytest.fixture
async def connection(connection: Connection) -> AsyncIterator[Connection]:
    yield connection
    await connection.execute(_SET, FORM, "ready")


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{message}")
    yield lines
    logger.remove(sink)


async def until_left(warnings: list[str]) -> None:
    async def are_left() -> bool:
        return any("subscriber search" in line and "LeftToOthers" in line for line in warnings)

    await eventually(are_left)


@pytest.mark.parametrize("state", ["ready", "building"])
async def test_messages_are_left_to_processes_whose_lexemes_the_index_has(
    anna: FakeClient, club: str, connection: Connection, warnings: list[str], state: str
) -> None:
    await connection.execute(_SET, "newer", state)
    await anna.send(club, "сообщение")
    await until_left(warnings)
    assert await connection.fetchval(_INDEXED) == 0
    await connection.execute(_SET, FORM, "ready")
    assert await texts(anna, "сообщение") == ["сообщение"]


async def test_a_message_is_left_to_others_if_their_build_begins_while_it_is_indexed(
    anna: FakeClient, club: str, container: Container, connection: Connection, warnings: list[str]
) -> None:
    await connection.execute(_SET, FORM, "building")
    async with connection.transaction():
        await connection.execute("LOCK TABLE search_message_next IN ACCESS EXCLUSIVE MODE")
        await anna.send(club, "сообщение")
        await until_waiting(container, 1)
        await connection.execute(_SET, "newer", "building")
    await until_left(warnings)
    assert await connection.fetchval(_INDEXED) == 0


async def test_a_chat_is_caught_up_by_processes_whose_lexemes_the_index_has(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await anna.send(club, "сообщение")
    assert await texts(anna, "сообщение") == ["сообщение"]
    await connection.execute("TRUNCATE search_message")
    await connection.execute(_SET, "newer", "ready")
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Jobs).enqueue(work, CATCH_UP, ChatToIndex(chat_id=UUID(club)), key=club)

    async def waits() -> bool:
        later = "SELECT count(*) FROM job WHERE state = 'waiting' AND attempts = 0 AND run_at > now() + interval '5 s'"
        return bool(await connection.fetchval(later))

    await eventually(waits)
    assert await connection.fetchval(_INDEXED) == 0
    await connection.execute(_SET, FORM, "ready")
    await connection.execute("UPDATE job SET run_at = now() WHERE name = $1", CATCH_UP.name)

    async def is_indexed() -> bool:
        return bool(await connection.fetchval(_INDEXED))

    await eventually(is_indexed)


async def test_a_process_goes_on_with_no_build_of_another_version(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await connection.execute(_SET, "newer", "building")
    await Building(container.get(Database)).finish()
    assert await connection.fetchval(_SHOW) == "newer building"


async def test_a_process_that_starts_replaces_the_build_of_another_version(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await connection.execute(_SET, "older", "building")
    assert await begin_if_missing(container.get(Database))
    assert await connection.fetchval(_SHOW) == f"{FORM} building"
    await Building(container.get(Database)).finish()
    assert await connection.fetchval(_SHOW) == f"{FORM} ready"


async def test_a_process_that_starts_during_a_step_of_a_build_looks_at_its_form_later(
    container: Container, connection: Connection
) -> None:
    async with connection.transaction():
        await connection.execute(_SET, "older", "building")
        assert not await begin_if_missing(container.get(Database))
    assert await begin_if_missing(container.get(Database))
    assert await connection.fetchval(_SHOW) == f"{FORM} building"


async def test_an_operator_replaces_the_build_of_another_version(
    anna: FakeClient, club: str, connection: Connection, database_address: DatabaseAddress
) -> None:
    await anna.send(club, "сообщение")
    await connection.execute(_SET, "newer", "building")
    result = await manage(database_address, "search", "rebuild")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "the index is complete")
    assert await connection.fetchval(_SHOW) == f"{FORM} ready"
    assert await texts(anna, "сообщение") == ["сообщение"]
