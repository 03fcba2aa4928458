"""Sample jobs that write notes to a table, and processes that run them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.connection import Connection
from app.adapters.db.database import BackgroundDatabase, Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Lane, Schedule
from app.modules.jobs_module.services.runner import Runner
from app.utils.container import Container
from tests.waiting import until

NOTED = "CREATE TABLE noted (place bigint GENERATED ALWAYS AS IDENTITY, job_id uuid, attempt int, text text)"


class Text(BaseModel):
    text: str = "periodic"


class Process(NamedTuple):
    """The database connections and jobs of one simulated process."""

    database: Database
    jobs: Jobs

    async def enqueue(
        self,
        job: Job,
        text: str = "",
        key: str | None = None,
        run_at: datetime | None = None,
        owner: UUID | None = None,
    ) -> UUID:
        """Enqueues a job in a unit of work of its own."""
        async with open_unit_of_work(self.database) as work:
            return await self.jobs.enqueue(work, job, Text(text=text), key, run_at, owner)


@asynccontextmanager
async def process(
    container: Container, *jobs: Job, lanes: Sequence[Lane] = (), schedules: Sequence[Schedule] = ()
) -> AsyncIterator[Process]:
    async with BackgroundDatabase(container.get(Database).address).connected() as database:
        enqueued = Jobs(jobs)
        async with Runner(database, container, enqueued, lanes, schedules).working():
            yield Process(database, enqueued)


def enqueuing(container: Container, *jobs: Job) -> Process:
    """Returns a process that enqueues jobs but runs none."""
    return Process(container.get(Database), Jobs(jobs))


async def note(context: JobContext, text: str) -> None:
    async with context.unit_of_work() as work:
        raw = await work.raw()
        await raw.execute(
            "INSERT INTO noted (job_id, attempt, text) VALUES ($1, $2, $3)", context.job_id, context.attempt, text
        )


def noting(name: str = "noting", **options: Any) -> Job:
    """Returns a job that notes its text."""

    async def run(context: JobContext, payload: Text) -> None:
        await note(context, payload.text)

    return Job(name, Text, run, **options)


def failing(error: Exception, *, times: int = 1, **options: Any) -> Job:
    """Returns a job that raises an error at its first `times` calls, and notes its text after that."""
    calls: list[int] = []

    async def run(context: JobContext, payload: Text) -> None:
        calls.append(context.attempt)
        if len(calls) <= times:
            raise error
        await note(context, payload.text)

    return Job("failing", Text, run, **({"backoff": (0.01,)} | options))


async def texts(connection: Connection) -> list[str]:
    return [row["text"] for row in await connection.fetch("SELECT text FROM noted ORDER BY place")]


async def attempts(connection: Connection) -> list[int]:
    return [row["attempt"] for row in await connection.fetch("SELECT attempt FROM noted ORDER BY place")]


async def until_empty(connection: Connection) -> None:
    """Waits until no job is stored."""
    await until(connection, "SELECT count(*) = 0 FROM job")


async def until_state(connection: Connection, state: str) -> None:
    await until(connection, "SELECT count(*) > 0 FROM job WHERE state = $1", state)
