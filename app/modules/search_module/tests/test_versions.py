"""Processes of two versions of which each makes other lexemes, as during an upgrade: those of one build the index."""

from collections.abc import AsyncIterator

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.search_module.services.building import Building, begin_if_missing
from app.modules.search_module.services.indexing import FORM
from app.modules.search_module.tests.searching import texts
from app.utils.container import Container
from tests.fakers import FakeClient
from tests.manage import manage

_SET = "UPDATE search_build SET form = $1, state = $2"
_SHOW = "SELECT form || ' ' || state FROM search_build"


@pytest.fixture
async def connection(connection: Connection) -> AsyncIterator[Connection]:
    yield connection
    await connection.execute(_SET, FORM, "ready")


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
