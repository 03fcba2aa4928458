"""A statement about one job reads few of many jobs, also by a plan from when the table was counted as empty."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.jobs_module.db.cruds import bulk, queue
from tests.databases import clone, drop

_OWNER, _JOB, _KEY = UUID(int=1), "a job", "its key"
_FILL = """
INSERT INTO job (owner_id, id, name, key, lane, payload, run_at, created_at)
SELECT gen_random_uuid(), gen_random_uuid(), $1, $2, 'default', '{}', now(), now() FROM generate_series(1, 2000) n
"""
_READ = "SELECT coalesce(seq_tup_read + idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'job'"


async def _add(on: Connection) -> object:
    row = queue.NewRow(_OWNER, uuid4(), _KEY, "{}", None)
    return await queue.add(on, row, name=_JOB, lane="default", at=datetime.now(UTC))


async def _add_all(on: Connection) -> object:
    rows = [queue.NewRow(UUID(int=number), uuid4(), _KEY, "{}", None) for number in range(3)]
    return await bulk.add_all(on, rows, name=_JOB, lane="default", takes_turns=True, at=datetime.now(UTC))


async def _hold_waiting(on: Connection) -> object:
    return await bulk.hold_waiting(on, [queue.NewRow(_OWNER, uuid4(), _KEY, "{}", None)], _JOB)


_STATEMENTS: dict[str, Callable[[Connection], Awaitable[object]]] = {
    "add": _add,
    "add all": _add_all,
    "hold waiting": _hold_waiting,
    "turn": lambda on: queue.turn(on, _OWNER, _JOB),
    "exists": lambda on: queue.exists(on, _OWNER, _JOB, _KEY),
    "reschedule": lambda on: queue.reschedule(on, _OWNER, _JOB, _KEY, None),
    "cancel": lambda on: queue.cancel(on, _OWNER, _JOB, _KEY),
    "remove": lambda on: queue.remove(on, _OWNER, _JOB),
}


@pytest.mark.parametrize("name", _STATEMENTS)
async def test_a_statement_about_one_job_reads_few_jobs(template: DatabaseAddress, name: str) -> None:
    run = _STATEMENTS[name]
    address = await clone(template)
    async with Database(address).connected() as database, database.connection() as connection:
        await connection.execute("ANALYZE job")
        # All its statements are planned: with a waiting job under the key and without one.
        for _ in range(2):
            await run(connection)
        await connection.execute(_FILL, _JOB, _KEY)
        async with connection.transaction():
            await _add(connection)
            before = await connection.fetchval(_READ)
            await run(connection)
            assert await connection.fetchval(_READ) - before < 20
    await drop(address)
