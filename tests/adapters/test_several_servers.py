"""Several addresses of PostgreSQL: the server that accepts writes is used, and one that does not is left."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.adapters.db.migrations.commands import migrate
from app.adapters.db.servers import is_migrated, replica_addresses
from app.adapters.db.unit_of_work import open_unit_of_work
from app.adapters.errors import DatabaseReadOnly
from app.settings.db_settings import DbSettings, Pooler, split_servers
from tests.processes import free_port
from tests.servers import settings_for
from tests.wire import Wire

_READ_ONLY = "SET default_transaction_read_only = on"
_WRITE = "DELETE FROM account"


async def ask(database: Database, statement: str = "SELECT 1") -> Any:
    async with database.connection() as connection:
        return await connection.fetchval(statement)


async def write_by_session(database: Database) -> None:
    async with open_unit_of_work(database) as work:
        await work.session.execute(text(_WRITE))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("db", [("db", 5432)]),
        ("a, b:5433", [("a", 5432), ("b", 5433)]),
        ("10.0.0.1:6432,10.0.0.2", [("10.0.0.1", 6432), ("10.0.0.2", 5432)]),
        ("[::1]:5433,::1,[fd00::2]", [("::1", 5433), ("::1", 5432), ("fd00::2", 5432)]),
        ("/run/postgresql,/srv/x:y", [("/run/postgresql", 5432), ("/srv/x:y", 5432)]),
    ],
)
def test_a_list_of_servers_names_hosts_ports_and_folders(written: str, read: list[tuple[str, int]]) -> None:
    assert split_servers(written, 5432) == read


@pytest.mark.parametrize("wrong", ["a,,b", "a,", "a:x", "a:0", "b:70000", "[::1"])
def test_a_wrong_list_of_servers_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="server_address"):
        DbSettings(server_address=wrong)


async def test_a_server_that_refuses_connections_is_passed_over(database_address: DatabaseAddress) -> None:
    both = f"127.0.0.1:{free_port()},{database_address.host}"
    database = Database(replace(database_address, host=both))
    async with database.connected():
        assert await ask(database) == 1
        await write_by_session(database)


async def test_a_server_that_does_not_answer_leaves_time_for_the_others_and_is_asked_last_from_then_on(
    database_address: DatabaseAddress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A half for each server: on a busy machine a connection takes more than a second.
    monkeypatch.setattr("app.adapters.db.database.CONNECT_TIMEOUT", 6.0)
    wire.silence()
    both = f"{wire.address},{database_address.host}"
    database = Database(replace(database_address, host=both))
    async with database.connected():
        assert await ask(database) == 1
        monkeypatch.setattr("app.adapters.db.database.CONNECT_TIMEOUT", 600.0)
        await write_by_session(database)


async def test_a_command_finds_the_server_behind_one_that_does_not_answer(
    database_address: DatabaseAddress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start of a server and of a worker does the same, after the first machine was lost."""
    monkeypatch.setattr("app.adapters.db.any_server.COMMAND_TIMEOUT", 2.0)
    wire.silence()
    address = replace(database_address, host=f"{wire.address},{database_address.host}")
    assert await asyncio.to_thread(is_migrated, address)
    await asyncio.to_thread(migrate, address)


async def test_a_read_only_server_is_none_of_the_servers_to_use(database_address: DatabaseAddress) -> None:
    """One of several is chosen only if it accepts writes; the error says that none does."""
    both = f"{database_address.host},{database_address.host}"
    address = replace(database_address, host=both)
    database = Database(address, session={"default_transaction_read_only": "on"})
    async with database.connected():
        with pytest.raises(Exception, match="None of the hosts match"):
            await ask(database)


async def test_connections_to_a_server_that_becomes_read_only_are_replaced(database_address: DatabaseAddress) -> None:
    database = Database(database_address, pool_size=3, session_pool_size=1)
    async with database.connected():
        async with database.connection() as one, database.connection() as other, database.connection() as third:
            connections = [one, other, third]
            for connection in connections:
                await connection.execute(_READ_ONLY)
        with pytest.raises(DatabaseReadOnly):
            await ask(database, _WRITE)
        assert all(connection.is_closed() for connection in connections)
        await ask(database, _WRITE)

        async with open_unit_of_work(database) as work:
            await work.session.execute(text(_READ_ONLY))
        with pytest.raises(DatabaseReadOnly):
            await write_by_session(database)
        await write_by_session(database)


async def test_a_replica_ends_long_statements_though_the_primary_has_a_pooler(
    database_address: DatabaseAddress,
) -> None:
    settings = settings_for(replace(database_address, pooler=Pooler.TRANSACTION))
    (address,) = replica_addresses(settings.model_copy(update={"replica_addresses": database_address.host}))
    async with Database(address).connected() as database:
        assert await ask(database, "SHOW statement_timeout") == "4s"
