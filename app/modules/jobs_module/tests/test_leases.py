"""Leases: one process runs a job. Another takes it over only if that process has ended or lost the lease."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import BackgroundDatabase, Database
from app.modules.jobs_module.db.cruds import leases
from app.modules.jobs_module.db.cruds.leases import claim
from app.modules.jobs_module.extension import Job, JobContext, Jobs, LeaseLost
from app.modules.jobs_module.services import operating, runner
from app.modules.jobs_module.services.runner import Runner
from app.modules.jobs_module.tests.sample_jobs import (
    Text,
    attempts,
    enqueuing,
    note,
    noting,
    process,
    texts,
    until_empty,
    until_state,
)
from app.utils.container import Container
from tests.waiting import until

_EXPIRE = "UPDATE job SET leased_until = clock_timestamp()"


@asynccontextmanager
async def _runner(container: Container, job: Job) -> AsyncIterator[Runner]:
    running = Runner(container.get(BackgroundDatabase), container, Jobs([job]))
    async with running.working():
        yield running


async def _nothing() -> None:
    pass


async def test_a_job_of_a_killed_process_is_taken_over(container: Container, connection: Connection) -> None:
    job = noting()
    await enqueuing(container, job).enqueue(job, "taken over")
    assert len(await claim(connection, {"default": 8}, [job.name], uuid4())) == 1
    # The lease has not expired.
    assert await claim(connection, {"default": 8}, [job.name], uuid4()) == []
    await connection.execute(_EXPIRE)
    async with process(container, job):
        await until_empty(connection)
    assert await attempts(connection) == [2]


async def test_an_operator_decides_on_a_job_of_a_killed_process_that_no_process_takes_over(
    container: Container, connection: Connection
) -> None:
    job = noting()
    here = enqueuing(container, job)
    retried, cancelled = await here.enqueue(job, "retried"), await here.enqueue(job, "cancelled")
    await claim(connection, {"default": 8}, [job.name], uuid4())
    assert not await operating.retry(connection, retried)
    assert not await operating.cancel(connection, cancelled)
    await connection.execute(_EXPIRE)
    assert await operating.retry(connection, retried)
    assert await operating.cancel(connection, cancelled)
    async with process(container, job):
        await until_empty(connection)
    assert await texts(connection) == ["retried"]
    assert await attempts(connection) == [1]


async def test_a_job_whose_process_ended_twice_waits_before_it_runs_again(
    container: Container, connection: Connection
) -> None:
    """Processes that end regularly could end each of its attempts, which came at regular times, too."""
    job = noting(max_attempts=5, backoff=(600,))
    await enqueuing(container, job).enqueue(job)
    for _ in range(2):
        await claim(connection, {"default": 8}, [job.name], uuid4())
        await connection.execute(_EXPIRE)
    async with process(container, job):
        await until_state(connection, "waiting")
    assert await connection.fetchval("SELECT run_at > now() + interval '9 minutes' FROM job")
    await connection.execute("UPDATE job SET run_at = now()")
    async with process(container, job):
        await until_empty(connection)
    assert await attempts(connection) == [3]


async def test_a_job_that_kills_its_process_each_time_is_dead_after_its_last_attempt(
    container: Container, connection: Connection
) -> None:
    job = noting(max_attempts=2)
    await enqueuing(container, job).enqueue(job)
    for _ in range(2):
        await claim(connection, {"default": 8}, [job.name], uuid4())
        await connection.execute(_EXPIRE)
    async with process(container, job):
        await until_state(connection, "dead")
    assert await texts(connection) == []


async def test_a_job_with_a_lost_lease_is_cancelled_and_changes_nothing(
    container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the test renews leases.
    monkeypatch.setattr(runner, "_BEAT", 3600)
    ended: list[type[BaseException]] = []
    has_begun, is_lost = asyncio.Event(), asyncio.Event()

    async def run(context: JobContext, payload: Text) -> None:
        has_begun.set()
        try:
            await is_lost.wait()
            await note(context, "too late")
        except BaseException as error:
            ended.append(type(error))
            raise

    job = Job("slow", Text, run)
    async with _runner(container, job) as running:
        for lose in (running.renew_leases, _nothing):
            has_begun.clear()
            is_lost.clear()
            await enqueuing(container, job).enqueue(job)
            running.wake()
            await has_begun.wait()
            # From now on another process holds the lease.
            await connection.execute("UPDATE job SET lease_id = $1", uuid4())
            await lose()
            is_lost.set()
            await until(connection, "SELECT count(*) = 1 FROM job WHERE state = 'running'")
            await connection.execute("DELETE FROM job")
    assert ended == [asyncio.CancelledError, LeaseLost]
    assert await texts(connection) == []


async def test_no_process_takes_over_a_job_with_an_open_unit_of_work(
    container: Container, connection: Connection
) -> None:
    claimed: list[int] = []

    async def run(context: JobContext, payload: Text) -> None:
        async with context.unit_of_work(), container.get(Database).connection() as other:
            await other.execute(_EXPIRE)
            claimed.append(len(await claim(other, {"default": 8}, ["careful"], uuid4())))

    job = Job("careful", Text, run)
    async with process(container, job) as here:
        await here.enqueue(job)
        await until_empty(connection)
    # Its lease is expired by then: the job may run once more before the lease is renewed.
    assert set(claimed) == {0}


async def test_a_locked_job_is_not_claimed_again_and_again_without_a_pause(
    container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = 0

    async def count(*arguments: Any) -> list[Any]:
        nonlocal claims
        claims += 1
        return await claim(*arguments)

    monkeypatch.setattr(leases, "claim", count)
    job = noting()
    await enqueuing(container, job).enqueue(job)
    # As a long unit of work does that enqueues under the key of a waiting job, or that a job has open which hangs.
    locking = connection.transaction()
    await locking.start()
    await connection.execute("SELECT FROM job FOR KEY SHARE")
    async with _runner(container, job):
        await asyncio.sleep(1)
        await locking.rollback()
        await until_empty(connection)
    assert claims < 200


async def test_at_shutdown_jobs_are_cancelled_and_released(
    container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("_GRACE", 0.05), ("_CANCEL_TIMEOUT", 30.0)):
        monkeypatch.setattr(runner, name, seconds)
    may_end = asyncio.Event()

    async def run(context: JobContext, payload: Text) -> None:
        if payload.text == "ends in time":
            await asyncio.sleep(0)
        else:
            await may_end.wait()
        await note(context, payload.text)

    job = Job("slow", Text, run)
    async with process(container, job) as here:
        for text in ("ends in time", "is cancelled"):
            await here.enqueue(job, text)
        await until(connection, "SELECT count(*) = 1 AND bool_and(state = 'running') FROM job")
    (released,) = await operating.list_jobs(connection)
    assert (released.state, released.attempts, released.last_error) == ("waiting", 0, None)
    may_end.set()
    async with process(container, job):
        await until_empty(connection)
    assert await texts(connection) == ["ends in time", "is cancelled"]
    assert await attempts(connection) == [1, 1]


async def test_a_job_that_ignores_its_cancellation_at_shutdown_keeps_its_lease(
    container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_GRACE", "_CANCEL_TIMEOUT"):
        monkeypatch.setattr(runner, name, 0.2)
    has_begun, may_end = asyncio.Event(), asyncio.Event()

    async def run(context: JobContext, payload: Text) -> None:
        has_begun.set()
        with suppress(asyncio.CancelledError):
            await may_end.wait()
        await may_end.wait()

    job = Job("slow", Text, run)
    async with _runner(container, job):
        await enqueuing(container, job).enqueue(job)
        await has_begun.wait()
    assert await connection.fetchval("SELECT state = 'running' AND lease_id IS NOT NULL FROM job")
    may_end.set()
    await until_empty(connection)


async def test_a_short_database_outage_is_no_failure_of_a_job(container: Container, connection: Connection) -> None:
    ends = 0

    async def run(context: JobContext, payload: Text) -> None:
        nonlocal ends
        ends += 1
        async with container.get(Database).connection() as other:
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'messenger background' AND datname = current_database()"
            )

    job = Job("cutting", Text, run, max_attempts=1)
    async with process(container, job) as here:
        await here.enqueue(job)
        await until_empty(connection)
    assert ends == 1
