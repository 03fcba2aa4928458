"""The job runner of one process: claims due jobs, runs them, renews their leases."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from uuid import uuid4

from loguru import logger

from app.adapters.db.database import Database
from app.adapters.errors import TransientDatabaseError
from app.modules.jobs_module.db.cruds import leases as crud
from app.modules.jobs_module.db.cruds.leases import Lease
from app.modules.jobs_module.extension import DEFAULT_LANE, JobContext, Jobs, Lane, Schedule
from app.modules.jobs_module.services import metrics
from app.modules.jobs_module.services.completions import Completions
from app.modules.jobs_module.services.running import Outcome, RunningJob, attempt, span_details
from app.modules.jobs_module.services.schedules import Schedules
from app.utils.background import cancel_and_wait, running, wait_at_most
from app.utils.container import Container

LEASE = 10.0
"""Seconds. The SQL statements contain the same value."""
_BEAT = 3.0
_POLL = 1.0
"""Seconds between two polls for jobs that other processes have enqueued."""
_LOCKED = 0.05
"""Minimum seconds between two polls that claim nothing: another transaction may hold a due job for long."""
_MEASURE = 15.0
_MOST_MOVED = 1_000
"""Jobs of a lane among which one statement looks for those of others."""
_MOST_MOVES = 10
_GRACE = 4.0
"""Seconds in which jobs may end at shutdown before they are cancelled."""
_CANCEL_TIMEOUT = 1.0
"""Seconds in which a statement or a cancelled job may end at shutdown."""
_PAUSE = 0.5
_SESSIONS = 4
"""Units of work that jobs may have open at once. The subscriber workers use the other sessions of the pool."""
_DEFAULT_CONCURRENCY = 8


class Runner:
    """Runs jobs in the free slots of each lane."""

    def __init__(
        self,
        database: Database,
        container: Container,
        jobs: Jobs,
        lanes: Sequence[Lane] = (),
        schedules: Sequence[Schedule] = (),
    ) -> None:
        self._database = database
        self._container = container
        self._jobs = jobs.jobs
        self._names = list(self._jobs)
        self._slots = {DEFAULT_LANE: _DEFAULT_CONCURRENCY} | {lane.name: lane.concurrency for lane in lanes}
        # Also those that were found without a slot here: a lane whose jobs are gone is set to 0.
        self._measured = set(self._slots)
        self._schedules = Schedules(database, jobs, schedules)
        self._completions = Completions(database)
        self._attempt = database.tracing.traced("job", attempt, span_details, is_root=True)
        self._running: set[RunningJob] = set()
        self._free_sessions = asyncio.Semaphore(_SESSIONS)
        self._woken = asyncio.Event()
        self._is_shutting_down = False
        jobs.on_enqueued(self.wake)

    def wake(self) -> None:
        """Claims jobs without waiting for the next poll."""
        self._woken.set()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Runs jobs for the lifetime of the application. At shutdown, stops them and releases their leases."""
        if not self._jobs:
            yield
            return
        async with running(self._keep_leases(), self._keep_doing(self._measure), self._keep_doing(self._move_to_lanes)):
            claiming = asyncio.create_task(self._keep_claiming())
            try:
                async with running(self._schedules.run()):
                    yield
            finally:
                # Not cancelled at once: a claim that has committed must be known here, so that its jobs are released.
                self._is_shutting_down = True
                self.wake()
                await asyncio.wait([claiming], timeout=_CANCEL_TIMEOUT)
                await cancel_and_wait(claiming)
                await self._stop_jobs()

    async def _stop_jobs(self) -> None:
        """Waits for jobs to end, cancels those that do not, and releases their leases."""
        tasks = {running_job.task: running_job for running_job in self._running if running_job.task is not None}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=_GRACE)
        for task in late:
            tasks[task].cancel()
        if late:
            await asyncio.wait(late, timeout=_CANCEL_TIMEOUT)
        # A job that ignores the cancellation keeps its lease until it expires: no other process runs it meanwhile.
        cancelled = [running_job for task, running_job in tasks.items() if running_job.is_cancelled and task.done()]
        with suppress(TransientDatabaseError, TimeoutError):
            async with asyncio.timeout(_CANCEL_TIMEOUT), self._database.connection() as connection:
                for running_job in cancelled:
                    await crud.put_back(connection, running_job.lease, counts=False)
                    metrics.JOBS.labels(running_job.job.name, "released").inc()

    async def _keep_claiming(self) -> None:
        """Claims and starts jobs until shutdown."""
        while not self._is_shutting_down:
            self._woken.clear()
            wait = _PAUSE
            try:
                wait = await self._claim()
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("cannot claim jobs: {!r}", error)
            await wait_at_most(wait, self._woken.wait())

    async def _claim(self) -> float:
        """Starts due jobs. Returns the seconds until the next claim; the end of a job triggers it earlier."""
        busy = Counter(running_job.job.lane for running_job in self._running)
        free = {lane: slots - busy[lane] for lane, slots in self._slots.items() if slots > busy[lane]}
        if not free:
            return _POLL
        lease_id = uuid4()
        claimed_at = monotonic()
        async with self._database.connection() as connection:
            rows = await crud.claim(connection, free, self._names, lease_id)
            if not rows:
                seconds = await crud.seconds_to_next(connection, list(free), self._names)
                return _POLL if seconds is None else min(max(seconds, _LOCKED), _POLL)
        for row in rows:
            lease = Lease(row["owner_id"], row["id"], lease_id)
            running_job = RunningJob(
                self._jobs[row["name"]], lease, row["payload"], row["attempts"], row["was_running"], claimed_at
            )
            if running_job.is_taken_over:
                logger.warning("job {} was taken over: its lease expired", running_job)
            self._running.add(running_job)
            running_job.task = asyncio.create_task(self._run(running_job))
        return 0.0

    async def _run(self, running_job: RunningJob) -> None:
        context = JobContext(
            self._container, running_job.attempt, running_job.lease.job_id, running_job.lease, self._free_sessions
        )
        try:
            outcome = await self._attempt(running_job, context)
            if outcome is not None:
                await self._write(running_job, outcome)
        except Exception as error:  # noqa: BLE001 - the lease expires, and the job runs again
            logger.opt(exception=error).error("cannot store the end of job {}", running_job)
        finally:
            self._running.discard(running_job)
            self.wake()

    async def _write(self, running_job: RunningJob, outcome: Outcome) -> None:
        """Writes the outcome, with retries until the lease expires. If that fails, the job runs again."""
        while True:
            try:
                if outcome.name == "succeeded":
                    await self._completions.add(running_job.lease)
                else:
                    async with self._database.connection() as connection:
                        await outcome.write(connection, running_job.lease)
            except TransientDatabaseError as error:
                if monotonic() - running_job.renewed > LEASE:
                    logger.warning("job {} has {}, which cannot be written: {!r}", running_job, outcome.name, error)
                    return
                await asyncio.sleep(_PAUSE)
            else:
                metrics.JOBS.labels(running_job.job.name, outcome.name).inc()
                return

    async def _keep_leases(self) -> None:
        """Renews leases periodically until cancelled."""
        while True:
            await asyncio.sleep(_BEAT)
            if self._running:
                await self.renew_leases()

    async def renew_leases(self) -> None:
        """Renews the leases of all running jobs in one statement, and cancels the jobs whose lease is lost."""
        held = list(self._running)
        began = monotonic()
        try:
            async with self._database.connection() as connection:
                renewed = await crud.renew(connection, [running_job.lease for running_job in held])
        except Exception as error:  # noqa: BLE001 - the loop must continue
            logger.debug("cannot renew the leases of jobs: {!r}", error)
            lost = [running_job for running_job in held if monotonic() - running_job.renewed > LEASE]
        else:
            lost = [
                running_job
                for running_job in held
                if (running_job.lease.lease_id, running_job.lease.job_id) not in renewed
            ]
            for running_job in set(held) - set(lost):
                running_job.renewed = began
        for running_job in lost:
            if running_job in self._running and not running_job.is_ended:
                logger.warning("job {} was cancelled in this process: its lease is lost", running_job)
                metrics.JOBS.labels(running_job.job.name, "lost").inc()
                running_job.cancel()

    async def _keep_doing(self, do: Callable[[], Awaitable[None]]) -> None:
        """Calls `do` periodically until cancelled."""
        while True:
            try:
                await do()
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("cannot look after the lanes of jobs: {!r}", error)
            await asyncio.sleep(_MEASURE)

    async def _measure(self) -> None:
        """Updates the metrics of waiting jobs."""
        async with self._database.connection() as connection:
            counts = {row["lane"]: row for row in await crud.count(connection, metrics.MOST_COUNTED)}
        self._measured |= counts.keys()
        for lane in self._measured:
            metrics.WAITING.labels(lane).set(counts[lane]["waiting"] if lane in counts else 0)
            metrics.OLDEST.labels(lane).set(counts[lane]["oldest"] if lane in counts else 0)

    async def _move_to_lanes(self) -> None:
        """Moves jobs that another version may have enqueued into other lanes."""
        lanes = {job.name: job.lane for job in self._jobs.values()}
        async with self._database.connection() as connection:
            for _ in range(_MOST_MOVES):
                if not await crud.move_to_lanes(connection, lanes, _MOST_MOVED):
                    return
