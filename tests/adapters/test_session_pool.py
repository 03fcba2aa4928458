"""The session pool serves its waiters in the order of their arrival."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.utils.remote_client import ClientLeft, RemoteClient, serve_client
from tests.fakers import eventually

SIZE = 2


async def test_hundreds_of_callers_are_served_in_order(
    database_address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.db.database.POOL_TIMEOUT", 600.0)
    database = Database(database_address, session_pool_size=1)
    served: list[int] = []

    async def ask(number: int) -> None:
        async with database.session() as session:
            await session.execute(text("SELECT 1"))
            served.append(number)

    async with database.connected():
        await asyncio.gather(*(ask(number) for number in range(300)))
    assert served == list(range(300))


async def test_cancelled_callers_lose_no_place(database_address: DatabaseAddress) -> None:
    database = Database(database_address, session_pool_size=SIZE)

    async def ask() -> object:
        async with database.session() as session:
            return await session.scalar(text("SELECT 1 FROM pg_sleep(0.001)"))

    async with database.connected():
        for round_number in range(20):
            tasks = [asyncio.create_task(ask()) for _ in range(3 * SIZE)]
            await asyncio.sleep(round_number % 10 * 0.001)
            for task in tasks[::2]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert await asyncio.gather(*(ask() for _ in range(3 * SIZE))) == [1] * 3 * SIZE


async def test_a_statement_whose_caller_was_cancelled_ends_with_the_cancellation(
    database_address: DatabaseAddress,
) -> None:
    """An error of the database would be caught by loops that try again, which then would not end at a shutdown."""
    database = Database(database_address, session_pool_size=1)

    async def ask() -> None:
        async with database.session() as session:
            await session.execute(text("SELECT pg_sleep(60)"))

    async def runs() -> bool:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        async with database.connection() as connection:
            return bool(await connection.fetchval(query))

    async with database.connected():
        for _ in range(2):
            asking = asyncio.create_task(ask())
            await eventually(runs)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        async with open_unit_of_work(database) as work:
            assert await work.session.scalar(text("SELECT 1")) == 1


async def test_a_caller_whose_client_left_during_the_wait_does_no_work(database_address: DatabaseAddress) -> None:
    database = Database(database_address, session_pool_size=1)
    served: list[int] = []

    async def ask(number: int, client: RemoteClient) -> None:
        serve_client(client)
        async with database.session() as session:
            await session.execute(text("SELECT 1"))
            served.append(number)

    clients = [RemoteClient() for _ in range(20)]
    async with database.connected():
        async with database.session() as session:
            await session.execute(text("SELECT 1"))
            waiting = [asyncio.create_task(ask(number, client)) for number, client in enumerate(clients)]
            await asyncio.sleep(0)
            for client in clients[::2]:
                client.has_left = True
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert served == list(range(20))[1::2]
    assert [isinstance(outcome, ClientLeft) for outcome in outcomes] == [True, False] * 10


async def test_work_that_a_request_has_started_goes_on_after_its_client_has_left(
    database_address: DatabaseAddress,
) -> None:
    database, client = Database(database_address, session_pool_size=1), RemoteClient()

    async def ask() -> object:
        async with database.session() as session:
            return await session.scalar(text("SELECT 1"))

    async with database.connected():
        serve_client(client)
        async with database.session() as session:
            await session.execute(text("SELECT 1"))
            started = asyncio.create_task(ask())
            await asyncio.sleep(0)
            client.has_left = True
        assert await started == 1


async def test_a_read_only_session_cannot_write_and_the_next_one_on_its_connection_can(
    database_address: DatabaseAddress,
) -> None:
    database = Database(database_address, session_pool_size=1)
    async with database.connected():
        async with database.session() as session:
            assert await session.scalar(text("SELECT count(*) FROM account")) == 0
            with pytest.raises(DBAPIError, match="read-only transaction"):
                await session.execute(text("DELETE FROM account"))
        async with open_unit_of_work(database) as work:
            await work.session.execute(text("DELETE FROM account"))
