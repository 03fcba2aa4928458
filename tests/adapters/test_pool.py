"""The pool of the hot paths: never more connections than its size, none lost, every waiter is served."""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection, PooledConnection
from app.adapters.db.pool import Pool
from app.adapters.errors import PoolExhausted
from app.services.errors import NotFound

SIZE, TIMEOUT = 3, 20.0


class Connector:
    """Opens connections and counts them. Refuses while it is closed."""

    def __init__(self, address: DatabaseAddress) -> None:
        self._address = address
        self.opened: list[Connection] = []
        self.is_shut = False

    async def open(self) -> Connection:
        if self.is_shut:
            raise ConnectionRefusedError
        arguments = self._address.connect_arguments()
        connection: Connection = await asyncpg.connect(**arguments, connection_class=PooledConnection)
        self.opened.append(connection)
        return connection

    @property
    def open_count(self) -> int:
        return sum(not connection.is_closed() for connection in self.opened)


@pytest.fixture
def connector(postgres: DatabaseAddress) -> Connector:
    return Connector(postgres)


@pytest.fixture
async def pool(connector: Connector) -> AsyncIterator[Pool]:
    pool = Pool(connector.open, SIZE, TIMEOUT)
    yield pool
    await settle(pool)
    assert (pool.busy, pool.idle) == (0, connector.open_count)
    pool.terminate()
    assert connector.open_count == 0


async def settle(pool: Pool) -> None:
    """Wait until the statements of cancelled callers have finished."""
    async with asyncio.timeout(TIMEOUT):
        while pool.busy:  # noqa: ASYNC110 - there is no notification
            await asyncio.sleep(0.001)


async def ask(pool: Pool) -> int:
    async with pool.connection() as connection:
        return int(await connection.fetchval("SELECT 1 FROM pg_sleep(0.001)"))


async def fall_out(pool: Pool, do: Callable[[Connection], None]) -> None:
    async with pool.connection() as connection:
        do(connection)


async def test_a_hundred_callers_at_once_share_a_few_connections(pool: Pool, connector: Connector) -> None:
    assert await asyncio.gather(*(ask(pool) for _ in range(100))) == [1] * 100
    assert len(connector.opened) == SIZE


async def test_callers_one_after_the_other_use_the_same_connection(pool: Pool, connector: Connector) -> None:
    for _ in range(10):
        await ask(pool)
    assert len(connector.opened) == 1


async def test_waiters_are_served_in_order(pool: Pool) -> None:
    served: list[int] = []

    async def come(number: int) -> None:
        async with pool.connection():
            served.append(number)
            await asyncio.sleep(0.01)

    comers = []
    for number in range(12):
        comers.append(asyncio.create_task(come(number)))
        await asyncio.sleep(0)
    await asyncio.gather(*comers)
    # Each of the first callers has a connection opened, in no particular order.
    assert [number for number in served if number >= SIZE] == list(range(SIZE, 12))


async def test_a_cancelled_waiter_loses_no_connection(pool: Pool, connector: Connector) -> None:
    """Also if it is cancelled at the moment in which its turn comes."""
    for round_number in range(30):
        tasks = [asyncio.create_task(ask(pool)) for _ in range(12)]
        for _ in range(round_number % 10):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await settle(pool)
    assert await asyncio.gather(*(ask(pool) for _ in range(2 * SIZE))) == [1] * 2 * SIZE
    assert connector.open_count <= SIZE


async def test_a_waiter_gets_pool_exhausted_after_the_timeout(connector: Connector) -> None:
    pool = Pool(connector.open, 1, 0.05)
    async with pool.connection():
        with pytest.raises(PoolExhausted):
            await ask(pool)
    assert await ask(pool) == 1
    pool.terminate()


async def test_a_dead_connection_is_replaced(pool: Pool, connector: Connector) -> None:
    await fall_out(pool, lambda connection: connection.terminate())
    assert await ask(pool) == 1
    connector.opened[-1].terminate()
    assert await ask(pool) == 1
    assert len(connector.opened) == 3


async def test_a_connection_inside_a_transaction_is_not_reused(pool: Pool, connector: Connector) -> None:
    async with pool.connection() as connection:
        await connection.execute("BEGIN")
    assert connection.is_closed()
    assert await ask(pool) == 1


async def test_a_transaction_cancelled_at_its_begin_does_not_swallow_the_next_one(pool: Pool) -> None:
    """The driver would take the next transaction for a nested one, and release a savepoint instead of a commit."""

    async def begin() -> None:
        async with pool.connection() as connection:
            await connection.transaction().start()

    await ask(pool)
    beginning = asyncio.create_task(begin())
    await asyncio.sleep(0)
    beginning.cancel()
    await asyncio.wait([beginning])
    async with pool.connection() as connection:
        async with connection.transaction():
            number = await connection.fetchval("SELECT pg_current_xact_id()::text")
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT pg_xact_status($1::text::xid8)", number) == "committed"


async def test_a_refusal_by_the_pool_itself_costs_no_connection(pool: Pool, connector: Connector) -> None:
    for _ in range(3):
        with pytest.raises(NotFound):
            async with pool.connection():
                raise NotFound
    assert len(connector.opened) == 1


async def test_waiters_fail_and_no_place_is_lost_while_no_connection_can_be_opened(
    pool: Pool, connector: Connector
) -> None:
    connector.is_shut = True
    answers = await asyncio.gather(*(ask(pool) for _ in range(10)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {ConnectionRefusedError}
    connector.is_shut = False
    assert await asyncio.gather(*(ask(pool) for _ in range(10))) == [1] * 10


async def test_waiters_for_a_connection_that_dies_get_another_one(pool: Pool, connector: Connector) -> None:
    async with pool.connection() as one, pool.connection(), pool.connection():
        waiting = [asyncio.create_task(ask(pool)) for _ in range(5)]
        await asyncio.sleep(0.01)
        one.terminate()
    assert await asyncio.gather(*waiting) == [1] * 5
    assert connector.open_count <= SIZE


async def test_a_connection_that_was_unused_for_long_is_opened_again(
    pool: Pool, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(pool)
    monkeypatch.setattr("app.adapters.db.pool.IDLE_SECONDS", 0.0)
    await ask(pool)
    assert (len(connector.opened), connector.open_count) == (2, 1)


async def test_cancelled_callers_cost_no_connection(
    pool: Pool, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever they do: wait in line, open a connection, or wait for a statement."""
    monkeypatch.setattr("app.adapters.db.connection._FINISH_TIMEOUT", TIMEOUT)
    for round_number in range(40):
        tasks = [asyncio.create_task(ask(pool)) for _ in range(2 * SIZE)]
        await asyncio.sleep(round_number % 8 * 0.0005)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await asyncio.gather(*(ask(pool) for _ in range(2 * SIZE))) == [1] * 2 * SIZE
    assert len(connector.opened) <= SIZE


async def test_a_write_of_a_cancelled_caller_is_not_half_done(
    pool: Pool, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction is rolled back, and the connection is used again."""
    monkeypatch.setattr("app.adapters.db.connection._FINISH_TIMEOUT", TIMEOUT)
    has_written = asyncio.Event()

    async def write() -> None:
        async with pool.connection() as connection, connection.transaction():
            await connection.execute("CREATE TABLE half_done (number int)")
            has_written.set()
            await connection.execute("SELECT pg_sleep(0.01)")
            raise NotFound

    await ask(pool)
    for _ in range(5):
        writing = asyncio.create_task(write())
        await has_written.wait()
        has_written.clear()
        writing.cancel()
        await asyncio.wait([writing])
        await settle(pool)
    async with pool.connection() as connection:
        assert await connection.fetchval("SELECT to_regclass('half_done')") is None
    assert len(connector.opened) == 1


async def test_no_caller_waits_long_for_a_statement_that_was_given_up(pool: Pool, connector: Connector) -> None:
    """It has a moment to finish. Then its connection ends, and waiting callers get others."""

    async def sleep() -> None:
        async with pool.connection() as connection:
            await connection.execute("SELECT pg_sleep(3600)")

    sleeping = [asyncio.create_task(sleep()) for _ in range(SIZE)]
    while connector.open_count < SIZE:  # noqa: ASYNC110 - there is no notification
        await asyncio.sleep(0.01)
    waiting = [asyncio.create_task(ask(pool)) for _ in range(5)]
    await asyncio.sleep(0.05)
    for task in sleeping:
        task.cancel()
    assert await asyncio.gather(*waiting) == [1] * 5
    await asyncio.gather(*sleeping, return_exceptions=True)
    assert connector.open_count <= SIZE
