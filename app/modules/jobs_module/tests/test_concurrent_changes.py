"""A waiting job that one process changes while another one does."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.jobs_module.tests.sample_jobs import enqueuing, noting
from app.utils.container import Container
from tests.waiting import until

_JOB, _KEY = noting(), "k"
_IS_BLOCKED = """
SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
_Change = Callable[[UnitOfWork], Awaitable[bool]]


@pytest.mark.parametrize("second", ["cancel", "reschedule"])
@pytest.mark.parametrize(("first", "is_left"), [("cancel", False), ("reschedule", True)])
async def test_the_second_change_of_a_waiting_job_follows_the_first_one(
    container: Container, connection: Connection, first: str, second: str, is_left: bool
) -> None:
    here, at = enqueuing(container, _JOB), datetime.now(UTC)
    await here.enqueue(_JOB, key=_KEY, run_at=at + timedelta(hours=1))
    changes: dict[str, _Change] = {
        "cancel": lambda work: here.jobs.cancel(work, _JOB, _KEY),
        "reschedule": lambda work: here.jobs.reschedule(work, _JOB, _KEY, at + timedelta(hours=2)),
    }

    async def change() -> bool:
        async with open_unit_of_work(here.database) as work:
            return await changes[second](work)

    async with open_unit_of_work(here.database) as work:
        assert await changes[first](work)
        changing = asyncio.create_task(change())
        await until(connection, _IS_BLOCKED)
    assert await changing is is_left
    left = await connection.fetchval("SELECT count(*) FROM job WHERE name = 'noting'")
    assert left == (is_left and second == "reschedule")
