"""What other modules may add to jobs: kinds of jobs, lanes, schedules. And how a job is enqueued."""

from asyncio import Semaphore
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from pydantic import BaseModel

from app.adapters.db.database import BackgroundDatabase
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.jobs_module.db.cruds import queue
from app.modules.jobs_module.db.cruds.leases import Lease, hold
from app.utils.container import Container

DEFAULT_LANE = "default"
BACKOFF = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Seconds after each failed attempt; the last one repeats."""
SCHEDULED = "schedule"
"""The key of jobs that a schedule enqueues."""
_OWNERS = UUID("6f0c1f0e-6d0b-4b58-9d2e-0d6d3b0a7c15")


class RetryAt(Exception):
    """Raised by a job that is to run again at this time. It does not count as a failure."""

    def __init__(self, time: datetime) -> None:
        if time.tzinfo is None:
            raise ValueError("the time of RetryAt must have a time zone")
        super().__init__(f"at {time}")
        self.time = time


class Nothing(BaseModel):
    """The payload of a job that needs none."""


class GiveUp(Exception):
    """Raised by a job that no further attempt would help: it is dead at once, for this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LeaseLost(Exception):
    """Another process has taken the job over: this one may change nothing any more."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job works with. It holds no connection of the database outside `unit_of_work`.

    - `container`: settings groups and services, by type.
    - `attempt`: 1 at the first one.
    - `job_id`: the same at each attempt.
    """

    container: Container
    attempt: int
    job_id: UUID
    lease: Lease
    free_sessions: Semaphore

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """Commits at the end of the block, rolls back if it raises. One at a time.

        While it is open no other process takes the job over. Raises LeaseLost if one has done so before.
        """
        async with self.free_sessions, open_unit_of_work(self.container.get(BackgroundDatabase)) as work:
            if not await hold(await work.raw(), self.lease):
                raise LeaseLost
            yield work


Run = Callable[[JobContext, Any], Awaitable[None]]


@dataclass(frozen=True, eq=False)
class Job:
    """A kind of work for later. It runs at least once; what it changes in the database is to bear a repetition.

    - `name`: stable, since the jobs are stored under it.
    - `payload`: the model of what it is given; as JSON in the database.
    - `run(context, payload)`: an error counts as a failed attempt. RetryAt and GiveUp say otherwise.
    - `max_attempts`: after so many failures it is dead, and an operator decides.
    - `timeout_s`: seconds for one attempt.
    - `backoff`: seconds after each failed attempt; the last one repeats.
    - `lane`: the jobs that it shares slots with.
    """

    name: str
    payload: type[BaseModel]
    run: Run
    max_attempts: int = 10
    timeout_s: float = 60.0
    backoff: Sequence[float] = BACKOFF
    lane: str = DEFAULT_LANE

    def pause_after(self, attempt: int) -> float:
        """Returns the seconds after a failed attempt, the first one being 1."""
        return float(self.backoff[min(attempt, len(self.backoff)) - 1]) if self.backoff else 0.0

    def owner_of(self, key: str) -> UUID:
        """Returns the owner of jobs that are enqueued with a key and without an owner."""
        return uuid5(_OWNERS, f"{self.name}\0{key}")


@dataclass(frozen=True)
class Lane:
    """So many jobs of this lane run at once in each process. Slow or dangerous work has a lane of its own."""

    name: str
    concurrency: int


@dataclass(frozen=True)
class Schedule:
    """Runs a job once in each period in the whole installation. Periods without a server are skipped.

    A period in which the run before has not ended is skipped, too. Each field of the payload needs a default.
    `every` is a timedelta, or seconds.
    """

    job: Job
    every: timedelta | float

    @property
    def seconds(self) -> float:
        return self.every.total_seconds() if isinstance(self.every, timedelta) else float(self.every)


class Jobs:
    """Adds jobs, in the unit of work of what they belong to: both are durable, or none is."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = {job.name: job for job in jobs}
        self._wake: Callable[[], None] = lambda: None

    def on_enqueued(self, wake: Callable[[], None]) -> None:
        """Calls `wake` after each commit of a job in this process."""
        self._wake = wake

    async def enqueue(
        self,
        work: UnitOfWork,
        job: Job,
        payload: BaseModel,
        key: str | None = None,
        run_at: datetime | None = None,
        owner_id: UUID | None = None,
    ) -> UUID:
        """Returns the id of the job: of a new one, or of the one that waits under the same key.

        It runs after the commit, not before `run_at`. Where a job of the same owner and key waits, nothing is added:
        that one runs after this commit. One that runs already does not count.
        Raises ValueError for a job that no module contributes, and for another payload than its own.
        """
        if job.name not in self.jobs:
            raise ValueError(f"no module contributes the job {job.name!r}")
        if not isinstance(payload, job.payload):
            raise ValueError(f"the payload of the job {job.name!r} is a {job.payload.__name__}")
        job_id = uuid4()
        if owner_id is None:
            owner_id = job_id if key is None else job.owner_of(key)
        added = await queue.add(
            await work.raw(),
            owner_id=owner_id,
            job_id=job_id,
            name=job.name,
            key=key,
            lane=job.lane,
            payload=payload.model_dump_json(),
            run_at=run_at,
            at=datetime.now(UTC),
        )
        work.after_commit(self._wake)
        return added

    async def cancel(self, work: UnitOfWork, job: Job, key: str, owner_id: UUID | None = None) -> bool:
        """Removes the job that waits under a key. Returns True if there was one; one that runs goes on."""
        return await queue.cancel(await work.raw(), owner_id or job.owner_of(key), job.name, key)

    async def reschedule(
        self, work: UnitOfWork, job: Job, key: str, run_at: datetime, owner_id: UUID | None = None
    ) -> bool:
        """Moves the job that waits under a key to another time. Returns True if there was one."""
        moved = await queue.reschedule(await work.raw(), owner_id or job.owner_of(key), job.name, key, run_at)
        work.after_commit(self._wake)
        return moved
