"""Jobs that fail or exceed their timeout."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from loguru import logger

from app.adapters.db import idle
from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import open_unit_of_work
from app.adapters.errors import DatabaseBusy
from app.modules.jobs_module.extension import GiveUp, Job, JobContext, RetryAfter, RetryAt
from app.modules.jobs_module.services import operating
from app.modules.jobs_module.tests.sample_jobs import (
    Text,
    attempts,
    enqueuing,
    failing,
    note,
    noting,
    process,
    texts,
    until_empty,
    until_state,
)
from app.utils.container import Container
from tests.waiting import until


async def test_a_job_that_fails_runs_again(container: Container, connection: Connection) -> None:
    job = failing(ValueError("not yet"), times=2)
    async with process(container, job) as here:
        await here.enqueue(job, "in the end")
        await until_empty(connection)
    assert await attempts(connection) == [3]


async def test_a_failed_attempt_rolls_back_its_open_unit_of_work(container: Container, connection: Connection) -> None:
    async def run(context: JobContext, payload: Text) -> None:
        async with context.unit_of_work() as work:
            await (await work.raw()).execute("INSERT INTO noted (text) VALUES ('rolled back')")
            raise ValueError("inside")

    job = Job("changing", Text, run, max_attempts=1)
    async with process(container, job) as here:
        await here.enqueue(job)
        await until_state(connection, "dead")
    assert await texts(connection) == []


async def test_a_job_is_dead_after_its_last_attempt_and_can_be_retried(
    container: Container, connection: Connection
) -> None:
    job = failing(ValueError("too bad\0"), times=3, max_attempts=3)
    async with process(container, job) as here:
        job_id = await here.enqueue(job, "retried")
        await until_state(connection, "dead")
        (dead,) = await operating.list_jobs(connection, "dead")
        assert (dead.id, dead.name, dead.attempts, dead.last_error) == (job_id, "failing", 3, "ValueError: too bad")
        assert not await operating.retry(connection, uuid4())
        assert await operating.retry(connection, job_id)
        await until_empty(connection)
    assert await attempts(connection) == [1]


async def test_a_dead_job_can_be_cancelled(container: Container, connection: Connection) -> None:
    job = failing(GiveUp("no such address"))
    async with process(container, job) as here:
        job_id = await here.enqueue(job)
        await until_state(connection, "dead")
        (dead,) = await operating.list_jobs(connection)
        assert (dead.attempts, dead.last_error) == (1, "no such address")
        assert await operating.cancel(connection, job_id)
        assert not await operating.cancel(connection, job_id)


async def test_a_job_can_set_the_time_of_its_next_attempt(container: Container, connection: Connection) -> None:
    """RetryAt does not count as an attempt: the job has only one."""
    job = failing(RetryAt(datetime.now(UTC)), times=4, max_attempts=1)
    async with process(container, job) as here:
        await here.enqueue(job, "postponed")
        await until_empty(connection)
    assert await attempts(connection) == [1]
    with pytest.raises(ValueError, match="time zone"):
        RetryAt(datetime(2026, 1, 1))


async def test_a_pause_is_by_the_clock_of_the_database(container: Container, connection: Connection) -> None:
    job = failing(RetryAfter(600), max_attempts=1)
    async with process(container, job) as here:
        await here.enqueue(job, "postponed")
        due = "SELECT state = 'waiting' AND attempts = 0 AND run_at - clock_timestamp() BETWEEN $1 AND $2 FROM job"
        await until(connection, due, timedelta(seconds=570), timedelta(seconds=600))


async def test_a_lost_database_connection_is_no_failure_of_the_job(
    container: Container, connection: Connection
) -> None:
    """A database restart looks the same. A job with one attempt must not be dead because of it."""
    calls: list[int] = []

    async def run(context: JobContext, payload: Text) -> None:
        calls.append(context.attempt)
        async with context.unit_of_work() as work:
            if len(calls) == 1:
                await (await work.raw()).execute("SELECT pg_terminate_backend(pg_backend_pid())")
        await note(context, payload.text)

    job = Job("interrupted", Text, run, max_attempts=1)
    async with process(container, job) as here:
        await here.enqueue(job, "runs")
        await until_empty(connection)
    assert await texts(connection) == ["runs"]
    assert calls == [1, 1]


async def test_an_attempt_that_leaves_its_unit_of_work_idle_fails(
    container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "IDLE_LIMIT", 1.0)

    async def run(context: JobContext, payload: Text) -> None:
        async with context.unit_of_work() as work:
            raw = await work.raw()
            while not raw.is_closed():  # noqa: ASYNC110 - PostgreSQL closes it
                await asyncio.sleep(0.05)

    job = Job("idle", Text, run, max_attempts=2, backoff=(0.01,))
    async with process(container, job) as here:
        await here.enqueue(job)
        await until_state(connection, "dead")
    (dead,) = await operating.list_jobs(connection)
    assert (dead.attempts, dead.last_error) == (2, "TimeoutError: its transaction was idle for more than 1 s")


async def test_a_busy_database_is_logged_in_one_line(container: Container, connection: Connection) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{message}")
    job = failing(DatabaseBusy("lock timeout"))
    async with process(container, job) as here:
        job_id = await here.enqueue(job)
        await until_empty(connection)
    logger.remove(sink)
    assert lines == [f"job failing ({job_id}) failed at attempt 1: DatabaseBusy: lock timeout\n"]


async def test_a_failed_job_waits_for_its_backoff(container: Container, connection: Connection) -> None:
    job = failing(ValueError("not yet"), backoff=(3600,))
    async with process(container, job) as here:
        await here.enqueue(job)
        await until(connection, "SELECT count(*) = 1 FROM job WHERE last_error IS NOT NULL")
        assert await connection.fetchval("SELECT run_at > now() + interval '59 minutes' FROM job")
    job = Job("plan", Text, noting().run, backoff=(1, 5))
    assert [job.pause_after(attempt) for attempt in (1, 2, 3, 4)] == [1, 5, 5, 5]


async def test_a_job_that_is_rescheduled_has_all_its_attempts_again(
    container: Container, connection: Connection
) -> None:
    job = failing(ValueError("not yet"), times=3, max_attempts=2, backoff=(3600,))
    async with process(container, job) as here:
        await here.enqueue(job, key="k")
        for _ in range(3):
            await until(connection, "SELECT state = 'waiting' AND run_at > now() + interval '59 minutes' FROM job")
            async with open_unit_of_work(here.database) as work:
                assert await here.jobs.reschedule(work, job, "k", datetime.now(UTC))
        await until_empty(connection)
    assert await attempts(connection) == [1]


async def test_a_failed_job_is_deleted_if_a_newer_job_with_its_key_waits(
    container: Container, connection: Connection
) -> None:
    is_running, may_fail = asyncio.Event(), asyncio.Event()
    seen: list[str] = []

    async def run(context: JobContext, payload: Text) -> None:
        seen.append(payload.text)
        if payload.text == "older":
            is_running.set()
            await may_fail.wait()
            raise ValueError("older")

    job = Job("keyed", Text, run)
    async with process(container, job) as here:
        await here.enqueue(job, "older", key="k")
        # Not merely claimed: on a busy machine it may wait once more before it runs.
        await is_running.wait()
        await here.enqueue(job, "newer", key="k", run_at=datetime.now(UTC) + timedelta(hours=1))
        may_fail.set()
        await until(connection, "SELECT count(*) = 1 FROM job")
        (waiting,) = await operating.list_jobs(connection)
        assert (waiting.state, waiting.last_error) == ("waiting", None)
        assert await operating.retry(connection, waiting.id)
        await until_empty(connection)
    assert seen == ["older", "newer"]


async def test_an_attempt_that_exceeds_its_timeout_fails(container: Container, connection: Connection) -> None:
    async def run(context: JobContext, payload: Text) -> None:
        await asyncio.Event().wait()

    job = Job("hanging", Text, run, max_attempts=1, timeout_s=0.05)
    async with process(container, job) as here:
        await here.enqueue(job)
        await until_state(connection, "dead")
    (dead,) = await operating.list_jobs(connection)
    assert dead.last_error == "TimeoutError: it took longer than 0.05 s"


async def test_an_attempt_with_an_unreadable_payload_fails(container: Container, connection: Connection) -> None:
    job = noting(max_attempts=1)
    await enqueuing(container, job).enqueue(job)
    await connection.execute("""UPDATE job SET payload = '{"text": 1}'""")
    async with process(container, job):
        await until_state(connection, "dead")
