"""A job whose attempts are used up announces that."""

import pytest

from app.adapters.db.connection import Connection
from app.modules.jobs_module.extension import GiveUp, Job, JobContext
from app.modules.jobs_module.tests.sample_jobs import (
    Text,
    failing,
    note,
    process,
    texts,
    until_state,
)
from app.utils.container import Container


@pytest.mark.parametrize("error", [ValueError("too bad"), GiveUp("no such address")])
async def test_a_job_announces_that_it_is_dead(container: Container, connection: Connection, error: Exception) -> None:
    async def announce(context: JobContext, payload: Text) -> None:
        await note(context, f"{payload.text} at {context.attempt}")

    job = failing(error, times=9, max_attempts=2, on_dead=announce)
    async with process(container, job) as here:
        await here.enqueue(job, "dead")
        await until_state(connection, "dead")
    assert await texts(connection) == ["dead at 1" if isinstance(error, GiveUp) else "dead at 2"]


@pytest.mark.parametrize(("error", "max_attempts"), [(ValueError("too bad"), 1), (GiveUp("no such address"), 10)])
async def test_the_announcement_is_repeated_until_it_succeeds_and_the_job_is_not(
    container: Container, connection: Connection, error: Exception, max_attempts: int
) -> None:
    runs: list[int] = []
    announcements: list[int] = []

    async def run(context: JobContext, payload: Text) -> None:
        runs.append(context.attempt)
        raise error

    async def announce(context: JobContext, payload: Text) -> None:
        announcements.append(context.attempt)
        if len(announcements) < 3:
            raise ConnectionError("later")
        await note(context, "dead")

    job = Job("announcing", Text, run, max_attempts=max_attempts, backoff=(0.01,), on_dead=announce)
    async with process(container, job) as here:
        await here.enqueue(job)
        await until_state(connection, "dead")
    assert (runs, announcements) == ([1], [1, max_attempts + 1, max_attempts + 2])
    assert await texts(connection) == ["dead"]
    assert (await connection.fetchval("SELECT last_error FROM job")).endswith(str(error))
