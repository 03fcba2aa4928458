"""The server behind a PgBouncer: tests of other files run against it, in each mode."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from anyio import to_thread
from fastapi import FastAPI
from pydantic import SecretStr

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.adapters.db.diagnosis import DatabaseNotReady
from app.adapters.db.servers import is_migrated
from app.adapters.errors import DatabaseUnavailable
from app.fastapi_engine.constructor import build_app
from app.fastapi_engine.server_database import migrate
from app.modules.chats_module.tests import test_members
from app.modules.messages_module.tests import test_sending
from app.settings import Settings
from app.settings.db_settings import Pooler
from app.settings.streams_settings import BusDriver
from tests.databases import fetch
from tests.fakers import FakeClient, FakeSocket, eventually
from tests.manage import manage
from tests.nats_server import NatsServer
from tests.pgbouncer import pgbouncer
from tests.servers import client_of_port, settings_for
from tests.wire import Wire

_UNLOCKED = """
SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
SHARED = {"PG_POOLER": Pooler.TRANSACTION, "BUS_DRIVER": BusDriver.MEMORY}
# pytest finds them here, and they get the application of this file.
globals().update(
    {
        name: test
        for module in (test_members, test_sending)
        for name, test in vars(module).items()
        if name.startswith("test_")
    }
)

server = client_of_port


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """In session mode a connection behaves as a direct one, so one of the files is enough."""
    if "pooled" in metafunc.fixturenames:
        is_of_members = metafunc.function.__module__ == test_members.__name__
        modes = [Pooler.TRANSACTION] if is_of_members else [Pooler.SESSION, Pooler.TRANSACTION]
        metafunc.parametrize("pooled", modes, indirect=True, scope="module")


@pytest.fixture(scope="module")
def pooled(request: pytest.FixtureRequest, postgres: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """The address of a PgBouncer in front of the server of all tests."""
    with pgbouncer(postgres, request.param) as address:
        yield address


@pytest.fixture
def settings(
    base_settings: Settings, pooled: DatabaseAddress, database_address: DatabaseAddress, nats_server: NatsServer
) -> Settings:
    """In transaction mode the bus is NATS: notifications of PostgreSQL do not pass."""
    settings = replace(base_settings, db=settings_for(pooled.with_database(database_address.database)))
    if pooled.pooler is Pooler.SESSION:
        return settings
    bus = {"bus_driver": BusDriver.NATS, "bus_url": SecretStr(nats_server.url), "bus_subject": f"test.{uuid4().hex}"}
    return replace(settings, streams=settings.streams.model_copy(update=bus))


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return build_app(settings)


async def test_events_arrive_live(anna: FakeClient, boris: FakeClient, club: str, live_server: str) -> None:
    async with FakeSocket(boris, live_server) as socket:
        await anna.send(club, "через пул")
        await socket.until(lambda: [event["data"]["text"] for event in socket.events[club]] == ["через пул"])


@pytest.mark.parametrize("command", [("doctor", "--least-free-mb=0"), ("db", "backup", "file.dump"), ("db", "migrate")])
async def test_a_command_leaves_no_setting_behind_on_connections_that_processes_share(
    command: tuple[str, ...],
    pooled: DatabaseAddress,
    database_address: DatabaseAddress,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A session that may only read, without a search_path, or with a lock, would outlive the command."""
    monkeypatch.chdir(tmp_path)
    address = pooled.with_database(database_address.database)
    result = await manage(address, *command, PG_POOLER=pooled.pooler, BUS_DRIVER=BusDriver.MEMORY)
    if pooled.pooler is Pooler.TRANSACTION and command != ("db", "migrate"):
        assert result.exit_code == 1
        assert "PG_POOLER=none" in f"{result.output} {result.exception}"
    else:
        assert result.exit_code == 0, result.output
    database = Database(address, pool_size=4)
    async with database.connected(), database.connection() as connection:
        for _ in range(20):
            await connection.execute("DELETE FROM account")


@pytest.mark.parametrize("mode", [Pooler.SESSION, Pooler.TRANSACTION])
async def test_a_connection_is_not_open_before_the_database_has_answered(
    mode: Pooler, database_address: DatabaseAddress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PgBouncer lets clients in while the database is silent. A request would wait for its place in the pool, and then
    for the answer to its statement."""
    with pgbouncer(replace(database_address, host="127.0.0.1", port=wire.port), mode) as pooled:
        database = Database(pooled)
        async with database.connected():
            async with database.connection() as connection:
                assert await connection.fetchval("SELECT 1") == 1
                wire.silence()
                monkeypatch.setattr("app.adapters.db.database.CONNECT_TIMEOUT", 0.5)
                with pytest.raises(DatabaseUnavailable):
                    async with database.connection():
                        pytest.fail("it counts as open")
            wire.speak()
            await eventually(lambda: _answers(database))


async def _answers(database: Database) -> bool:
    with suppress(DatabaseUnavailable):
        async with database.connection() as connection:
            return bool(await connection.fetchval("SELECT true"))
    return False


async def test_a_server_migrates_by_a_connection_that_is_its_own_only(
    pooled: DatabaseAddress, empty_database: DatabaseAddress
) -> None:
    """The lock under which migrations run belongs to a session, and ends with it, also behind a PgBouncer."""
    address = pooled.with_database(empty_database.database)
    if pooled.pooler is Pooler.SESSION:
        await to_thread.run_sync(migrate, address)
    else:
        with pytest.raises(DatabaseNotReady, match="PG_POOLER=none"):
            await to_thread.run_sync(migrate, address)
    assert await to_thread.run_sync(is_migrated, empty_database) == (pooled.pooler is Pooler.SESSION)

    async def is_unlocked() -> bool:
        (row,) = await fetch(empty_database, _UNLOCKED)
        return bool(row[0])

    await eventually(is_unlocked)


@pytest.mark.parametrize("command", ["recreate --yes", "revision nothing", "migrate"])
async def test_a_command_that_migrates_needs_a_direct_connection(command: str, empty_database: DatabaseAddress) -> None:
    result = await manage(empty_database, "db", *command.split(), **SHARED)
    assert "PG_POOLER=none" in f"{result.output} {result.exception}"


async def test_a_migrated_database_needs_no_direct_connection_to_be_up_to_date(
    database_address: DatabaseAddress,
) -> None:
    """Containers migrate at each start, with the settings of the server."""
    result = await manage(database_address, "db", "migrate", **SHARED)
    assert (result.exit_code, result.output) == (0, f"database {database_address.database} is up to date\n")
