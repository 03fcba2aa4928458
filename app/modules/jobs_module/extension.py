# Longer than 250 lines: all extension points of jobs, to be read in one place.
"""Extension points of jobs: kinds of jobs, lanes, schedules. `Jobs` enqueues, cancels and reschedules jobs."""

from asyncio import Semaphore
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID, uuid4, uuid5

from pydantic import BaseModel

from app.adapters.db.database import BackgroundDatabase
from app.adapters.db.idle import find_idleness
from app.adapters.db.sql import affected
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.adapters.errors import DatabaseUnavailable
from app.modules.jobs_module.db.cruds import bulk, queue
from app.modules.jobs_module.db.cruds.leases import Lease, hold
from app.utils.container import Container

DEFAULT_LANE = "default"
BACKOFF = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Seconds after each failed attempt; the last one repeats."""
SCHEDULED = "schedule"
"""Key of the jobs that a schedule enqueues."""
_ROWS_AT_ONCE = 1_000
_OWNERS = UUID("6f0c1f0e-6d0b-4b58-9d2e-0d6d3b0a7c15")


class Nothing(BaseModel):
    """Payload of a job that needs no data."""


class RetryAt(Exception):
    """Raised by a job that must run again at `time`. It does not count as a failed attempt."""

    def __init__(self, time: datetime) -> None:
        if time.tzinfo is None:
            raise ValueError("the time of RetryAt must have a time zone")
        super().__init__(f"at {time}")
        self.time = time


class RetryAfter(Exception):
    """Raised by a job that must run again after a pause, by the clock of the database. It is no failed attempt."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"after {seconds:g} s")
        self.seconds = seconds


class GiveUp(Exception):
    """Raised by a job that no further attempt would help. The job is dead at once, for `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LeaseLost(Exception):
    """Another process has taken the job over. This one must not change anything."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """Context of one attempt. It holds no database connection outside `unit_of_work`.

    - `container`: settings groups and services, by type.
    - `attempt`: number of the attempt, from 1.
    - `job_id`: the same at each attempt.
    - `at`: the current time.
    """

    container: Container
    attempt: int
    job_id: UUID
    lease: Lease
    free_sessions: Semaphore

    @property
    def at(self) -> datetime:
        return datetime.now(UTC)

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """Opens a unit of work that commits at the end of the block and rolls back if it raises. One at a time.

        No other process takes the job over while it is open. Raises LeaseLost if one has done so before. PostgreSQL
        ends it if no statement follows another for more than 8 s, so the job waits for other servers outside it.
        """
        since = inf
        try:
            async with self.free_sessions, open_unit_of_work(self.container.get(BackgroundDatabase)) as work:
                if not await hold(await work.raw(), self.lease):
                    raise LeaseLost
                since = monotonic()
                yield work
        except DatabaseUnavailable as error:
            idleness = find_idleness(error, since)
            if idleness is None:
                raise
            raise idleness from error

    async def delete_in_chunks(self, statement: str, *values: object) -> int:
        """Runs a statement with these values and a limit until it deletes fewer rows. Returns how many were deleted."""
        total, deleted = 0, _ROWS_AT_ONCE
        while deleted >= _ROWS_AT_ONCE:
            async with self.container.get(BackgroundDatabase).connection() as connection:
                deleted = affected(await connection.execute(statement, *values, _ROWS_AT_ONCE))
            total += deleted
        return total


Run = Callable[[JobContext, Any], Awaitable[None]]


@dataclass(frozen=True, eq=False)
class Job:
    """A kind of background work. It runs at least once, so its changes must be idempotent.

    - `name`: stable, because jobs are stored under it.
    - `payload`: model of its data; stored as JSON.
    - `run(context, payload)`: an error counts as a failed attempt, except RetryAt, RetryAfter and GiveUp.
    - `max_attempts`: after this many failures the job is dead, and an operator decides.
    - `timeout_s`: seconds for one attempt.
    - `backoff`: seconds after each failed attempt; the last one repeats.
    - `lane`: jobs of one lane share slots.
    - `takes_turns`: many jobs of one owner hold up those of other owners in the lane for one turn only, while they wait
      for less than ten minutes.
    - `on_dead(context, payload)`: is called before the job becomes dead, for users who wait for it. It is repeated
      until it succeeds, and must be idempotent.
    """

    name: str
    payload: type[BaseModel]
    run: Run
    max_attempts: int = 10
    timeout_s: float = 60.0
    backoff: Sequence[float] = BACKOFF
    lane: str = DEFAULT_LANE
    takes_turns: bool = False
    on_dead: Run | None = None

    def pause_after(self, attempt: int) -> float:
        """Returns the seconds to wait after a failed attempt. The first attempt is 1."""
        return float(self.backoff[min(attempt, len(self.backoff)) - 1]) if self.backoff else 0.0

    def owner_of(self, key: str) -> UUID:
        """Returns the owner id of jobs that are enqueued with a key and without an owner."""
        return uuid5(_OWNERS, f"{self.name}\0{key}")


@dataclass(frozen=True)
class Lane:
    """A group of jobs of which at most `concurrency` run at once in each process. Use one for slow or risky jobs."""

    name: str
    concurrency: int


@dataclass(frozen=True)
class Schedule:
    """Runs a job once per period in the whole installation. `every` is a timedelta, or seconds.

    A period is skipped if no server runs, or if the previous run has not ended. Each field of the payload needs a
    default.
    """

    job: Job
    every: timedelta | float

    @property
    def seconds(self) -> float:
        return self.every.total_seconds() if isinstance(self.every, timedelta) else float(self.every)


class NewJob(NamedTuple):
    """A job to enqueue together with others, with the arguments of `Jobs.enqueue`."""

    payload: BaseModel
    key: str | None = None
    run_at: datetime | None = None
    owner_id: UUID | None = None


class Jobs:
    """Adds jobs in the unit of work of the change that they belong to: both are committed, or neither is."""

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
        """Returns the id of the new job, or of the job that waits under the same key.

        The job runs after the commit and not before `run_at`. If a job of the same owner and key waits, nothing is
        added: that job runs after this commit. A job that is already running does not prevent a new one.
        Raises ValueError if no module contributes the job, or if the payload is of another model.
        """
        row = self._row_of(job, NewJob(payload, key, run_at, owner_id))
        raw = await work.raw()
        if job.takes_turns and run_at is None:
            row = row._replace(run_at=await queue.turn(raw, row.owner_id, job.name))
        added = await queue.add(raw, row, name=job.name, lane=job.lane, at=datetime.now(UTC))
        work.after_commit(self._wake)
        return added

    async def enqueue_all(self, work: UnitOfWork, job: Job, new: Sequence[NewJob]) -> list[UUID]:
        """Enqueues jobs of one kind with one statement. Returns what `enqueue` returns, for each of them.

        They are locked in one order: units of work that enqueue the same keys wait for each other and cause no
        deadlock. Of a key that is given twice, the first job counts.
        """
        if len(new) < 2:
            return [await self.enqueue(work, job, *one) for one in new]
        rows = [self._row_of(job, one) for one in new]
        at = datetime.now(UTC)
        added = await bulk.add_all(
            await work.raw(), rows, name=job.name, lane=job.lane, takes_turns=job.takes_turns, at=at
        )
        work.after_commit(self._wake)
        return added

    async def cancel(self, work: UnitOfWork, job: Job, key: str, owner_id: UUID | None = None) -> bool:
        """Removes the job that waits under a key. Returns True if there was one. A running job is not stopped."""
        return await queue.cancel(await work.raw(), owner_id or job.owner_of(key), job.name, key)

    async def remove(self, work: UnitOfWork, job: Job, owner_id: UUID) -> None:
        """Removes the jobs of this kind and owner that wait or are dead. A running job is not stopped."""
        await queue.remove(await work.raw(), owner_id, job.name)

    async def reschedule(
        self, work: UnitOfWork, job: Job, key: str, run_at: datetime | None = None, owner_id: UUID | None = None
    ) -> bool:
        """Changes the time of the job that waits under a key, or makes it due at once. Returns True if there was one.

        It has all its attempts again: else those who ask for it often would make it dead.
        """
        moved = await queue.reschedule(await work.raw(), owner_id or job.owner_of(key), job.name, key, run_at)
        work.after_commit(self._wake)
        return moved

    def _row_of(self, job: Job, new: NewJob) -> queue.NewRow:
        """Raises ValueError if no module contributes the job, or if the payload is of another model."""
        payload, key, run_at, owner_id = new
        if job.name not in self.jobs:
            raise ValueError(f"no module contributes the job {job.name!r}")
        if not isinstance(payload, job.payload):
            raise ValueError(f"the payload of the job {job.name!r} is a {job.payload.__name__}")
        job_id = uuid4()
        if owner_id is None:
            owner_id = job_id if key is None else job.owner_of(key)
        return queue.NewRow(owner_id, job_id, key, payload.model_dump_json(), run_at)
