"""A server that cannot be reached: few connection attempts, and no caller waits for them."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.any_server import connect_for_command
from app.adapters.db.connection import Connection
from app.adapters.db.database import TRY_AGAIN_AFTER, Database
from app.adapters.errors import TransientDatabaseError
from tests.fakers import eventually
from tests.wire import Wire


@pytest.fixture
def long_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers wait for a connection as long as a busy machine takes."""
    for timeout in ("POOL_TIMEOUT", "CONNECT_TIMEOUT"):
        monkeypatch.setattr(f"app.adapters.db.database.{timeout}", 600.0)


class CountedDatabase(Database):
    """Counts the attempts to reach the server."""

    tries = 0

    async def connect(self, *args: Any, **settings: Any) -> Connection:
        self.tries += 1
        return await super().connect(*args, **settings)

    async def ask(self) -> object:
        """Run a query as the hot paths do."""
        async with self.connection() as connection:
            return await connection.fetchval("SELECT 1")

    async def ask_by_session(self) -> object:
        async with self.session() as session:
            return await session.scalar(text("SELECT 1"))

    async def ask_by_hundreds(self) -> list[object]:
        """Run hundreds of queries at once through both pools. Returns their results and errors."""
        queries = [ask() for ask in [self.ask, self.ask_by_session] * 100]
        return await asyncio.gather(*queries, return_exceptions=True)

    async def has_to_refuse_hundreds(self) -> None:
        answers = await self.ask_by_hundreds()
        assert all(isinstance(answer, TransientDatabaseError) for answer in answers), answers

    async def answers(self) -> bool:
        try:
            return await self.ask() == 1
        except TransientDatabaseError:
            return False


@pytest.mark.usefixtures("long_timeouts")
async def test_hundreds_of_queries_during_an_outage_make_few_attempts_and_notice_the_recovery(
    database_address: DatabaseAddress, wire: Wire
) -> None:
    database = CountedDatabase(replace(database_address, host="127.0.0.1", port=wire.port), pool_size=4)
    async with database.connected():
        assert await database.ask_by_hundreds() == [1] * 200
        wire.cut()
        database.tries, began = 0, time.monotonic()
        for _ in range(3):
            await database.has_to_refuse_hundreds()
        assert 1 <= database.tries <= 30 + (time.monotonic() - began) / TRY_AGAIN_AFTER
        await wire.restore()
        await eventually(database.answers)
        assert await database.ask_by_hundreds() == [1] * 200


@pytest.mark.usefixtures("long_timeouts")
async def test_the_first_answer_ends_the_outage_for_all(
    database_address: DatabaseAddress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No further attempt decides, which might be slow."""
    monkeypatch.setattr("app.adapters.db.database.TRY_AGAIN_AFTER", 600.0)
    address = replace(database_address, host="127.0.0.1", port=wire.port)
    database = CountedDatabase(address, pool_size=4, session_pool_size=4)
    wire.cut()
    async with database.connected():
        await database.has_to_refuse_hundreds()
        await wire.restore()
        await eventually(database.answers)
        database.tries = 0
        assert await database.ask_by_hundreds() == [1] * 200
        assert database.tries == 7, "each attempt opens one of the connections that the pools lack"


async def test_queries_fail_at_once_during_a_known_outage_even_if_the_server_accepts_connections(
    database_address: DatabaseAddress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL accepts connections and stays silent for a while when it starts."""
    monkeypatch.setattr("app.adapters.db.database.CONNECT_TIMEOUT", 600.0)
    database = CountedDatabase(replace(database_address, host="127.0.0.1", port=wire.port))
    wire.cut()
    async with database.connected(), asyncio.timeout(60):
        assert not await database.answers()
        await wire.restore()
        wire.silence()
        for _ in range(3):
            await database.has_to_refuse_hundreds()
            await asyncio.sleep(TRY_AGAIN_AFTER)
        wire.speak()
        await eventually(database.answers)


async def test_waiters_fail_at_once_if_no_connection_can_be_opened(
    database_address: DatabaseAddress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in a process that has just started and had no connection so far."""
    monkeypatch.setattr("app.adapters.db.database.POOL_TIMEOUT", 600.0)
    database = CountedDatabase(replace(database_address, host="127.0.0.1", port=wire.port))
    wire.cut()
    async with database.connected(), asyncio.timeout(60):
        await database.has_to_refuse_hundreds()


@pytest.mark.parametrize("trusted", [0.0, 600.0])
@pytest.mark.usefixtures("long_timeouts")
async def test_the_first_request_after_the_recovery_succeeds(
    database_address: DatabaseAddress, wire: Wire, monkeypatch: pytest.MonkeyPatch, trusted: float
) -> None:
    """In both pools, with connections that were idle during the restart, with the liveness check and without."""
    monkeypatch.setattr("app.adapters.db.pool.TRUSTED_SECONDS", trusted)
    monkeypatch.setattr("app.adapters.db.session_pool.TRUSTED_SECONDS", trusted)
    database = CountedDatabase(replace(database_address, host="127.0.0.1", port=wire.port))
    async with database.connected():
        assert await database.ask_by_hundreds() == [1] * 200
        wire.cut()
        await wire.restore()
        await eventually(lambda: asyncio.sleep(0, not wire.ends))
        assert await database.ask() == 1
        assert await database.ask_by_session() == 1
        assert await database.ask_by_hundreds() == [1] * 200


@pytest.mark.usefixtures("long_timeouts")
async def test_silently_dead_connections_are_replaced_before_use(
    database_address: DatabaseAddress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a failover, or behind a firewall that has dropped their state: data is lost, and no end is signalled."""
    for pool in ("pool", "session_pool"):
        monkeypatch.setattr(f"app.adapters.db.{pool}.TRUSTED_SECONDS", 0.0)
    monkeypatch.setattr("app.adapters.db.pool.PING_TIMEOUT", 1.0)
    database = CountedDatabase(replace(database_address, host="127.0.0.1", port=wire.port), pool_size=4)
    async with database.connected():
        assert await database.ask_by_hundreds() == [1] * 200
        wire.forget()
        database.tries = 0
        assert await database.ask() == 1
        assert await database.ask_by_session() == 1
        assert await database.ask_by_hundreds() == [1] * 200
        assert database.tries <= 4 + 5


async def test_nothing_is_attempted_after_the_close(database_address: DatabaseAddress, wire: Wire) -> None:
    """The close comes during an attempt that gets no answer."""
    database = CountedDatabase(replace(database_address, host="127.0.0.1", port=wire.port))
    wire.cut()
    before = asyncio.all_tasks()
    async with database.connected():
        assert not await database.answers()
        tries = database.tries
        await wire.restore()
        wire.silence()
        async with asyncio.timeout(60):
            while database.tries == tries:  # noqa: ASYNC110 - there is no notification
                await asyncio.sleep(0.01)
        # By now it has connected. If it is cancelled earlier, the driver leaves an exception that is never retrieved.
        await asyncio.sleep(0.5)
    assert [task for task in asyncio.all_tasks() - before if "Database" in repr(task.get_coro())] == []


async def test_postgresql_tests_the_connections_of_a_machine_that_may_vanish(database_address: DatabaseAddress) -> None:
    """By default it keeps them for two hours. Then it has too few for the machine that starts again, and a migration
    keeps its locks.
    """
    statement = "SELECT array_agg(DISTINCT source) FROM pg_settings WHERE name LIKE 'tcp_keepalives%'"
    database = Database(database_address)
    async with database.connected():
        for other in (await database.connect(), await connect_for_command(database_address)):
            assert await other.fetchval(statement) == ["client"]
            await other.close()
        async with database.connection() as connection:
            assert await connection.fetchval(statement) == ["client"]
        async with database.session() as session:
            assert await session.scalar(text(statement)) == ["client"]
