"""One attempt of a job and its outcome."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from loguru import logger
from pydantic import ValidationError

from app.adapters.db.connection import Connection
from app.adapters.errors import DatabaseUnavailable, PoolExhausted, TransientDatabaseError
from app.modules.jobs_module.db.cruds import leases as crud
from app.modules.jobs_module.db.cruds.leases import Lease
from app.modules.jobs_module.extension import GiveUp, Job, JobContext, LeaseLost, RetryAfter, RetryAt
from app.modules.jobs_module.services import metrics
from app.utils.tracing import SpanDetails

_LONGEST_ERROR = 2_000
_INTERRUPTED_FOR = 1.0
"""Seconds until a job runs again after a database error interrupted it."""
_SOON = 2
"""Attempts that follow each other at once after the end of a process. Later ones have the pauses of failed attempts."""


@dataclass(eq=False)
class RunningJob:
    """A job whose lease this process holds."""

    job: Job
    lease: Lease
    payload: str
    attempt: int
    is_taken_over: bool
    """Another process had it, and its lease has expired."""
    renewed: float
    """Time of the last renewal of the lease, by this process' monotonic clock."""
    is_ended: bool = False
    """The attempt is over. Its outcome may not be written yet."""
    is_cancelled: bool = False
    """The lease is lost or the process shuts down. An error of the attempt is then no failure of the job."""
    has_failed: bool = False
    """The attempt ended with an error of the job."""
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    def __str__(self) -> str:
        """Returns the job's name and id, for the log."""
        return f"{self.job.name} ({self.lease.job_id})"

    def cancel(self) -> None:
        if not self.is_ended and self.task is not None:
            self.is_cancelled = True
            self.task.cancel()


@dataclass(frozen=True)
class Outcome:
    """Result of an attempt. `Completions` deletes the rows of jobs that succeeded."""

    name: str
    error: str | None = None
    run_at: datetime | None = None
    after: float | None = None
    attempts: int = 0
    """At least as many are counted."""

    async def write(self, connection: Connection, lease: Lease) -> None:
        match self.name:
            case "dead":
                await crud.mark_dead(connection, lease, self.error)
            case "postponed":
                await crud.put_back(connection, lease, counts=False, run_at=self.run_at, after=self.after)
            case "failed":
                await crud.put_back(
                    connection, lease, counts=True, error=self.error, after=self.after, at_least=self.attempts
                )


def span_details(running: "RunningJob", context: JobContext) -> SpanDetails:
    """Returns what is known of the span of an attempt."""
    attributes: dict[str, str | int] = {
        "job.name": running.job.name,
        "job.id": str(running.lease.job_id),
        "job.attempt": running.attempt,
    }
    return SpanDetails(attributes, f"job {running.job.name}", failed=running.has_failed)


async def attempt(running: RunningJob, context: JobContext) -> Outcome | None:
    """Runs the job once. Returns None if another process has the lease, or if this process shuts down."""
    try:
        outcome = await _run(running, context)
        if outcome is not None and outcome.name == "dead" and running.job.on_dead is not None:
            outcome = await _announce_death(running, context, outcome)
    finally:
        running.is_ended = True
    return outcome


async def _run(running: RunningJob, context: JobContext) -> Outcome | None:
    job = running.job
    if running.attempt > job.max_attempts:
        # The process ended during the last attempt, or the end of the job could not be announced: its error is stored.
        has_ended = running.is_taken_over and running.attempt == job.max_attempts + 1
        return Outcome("dead", "its process ended or lost the lease during the last attempt" if has_ended else None)
    if running.is_taken_over and running.attempt > _SOON:
        # It may be what ends the processes. And processes that end regularly would end each of its attempts.
        return Outcome("postponed", after=job.pause_after(running.attempt - _SOON))
    began = monotonic()
    outcome: Outcome | None
    try:
        async with asyncio.timeout(job.timeout_s) as limit:
            await job.run(context, job.payload.model_validate_json(running.payload))
        outcome = Outcome("succeeded")
    except asyncio.CancelledError:
        if running.is_cancelled:
            return None
        outcome = _fail(running, asyncio.CancelledError("the job cancelled itself"))
    except RetryAt as later:
        outcome = Outcome("postponed", run_at=later.time)
    except RetryAfter as pause:
        outcome = Outcome("postponed", after=max(pause.seconds, 0.0))
    except GiveUp as end:
        logger.error("job {} gave up: {}", running, end.reason)
        outcome = Outcome("dead", _cut(end.reason))
    except LeaseLost:
        return None
    except (DatabaseUnavailable, PoolExhausted) as error:
        # An unavailable database is no failure of the job, however few attempts it has.
        logger.warning("job {} was interrupted: {!r}", running, error)
        outcome = Outcome("postponed", after=_INTERRUPTED_FOR)
    except Exception as error:  # noqa: BLE001 - it counts as a failed attempt; the other jobs continue
        if running.is_cancelled:
            return None
        if limit.expired() and isinstance(error, TimeoutError):
            error = TimeoutError(f"it took longer than {job.timeout_s:g} s")
        outcome = _fail(running, error)
    metrics.SECONDS.labels(job.name).observe(monotonic() - began)
    return outcome


async def _announce_death(running: RunningJob, context: JobContext, dead: Outcome) -> Outcome | None:
    """Calls `on_dead`. If that fails, the next attempt is one too many: it only calls `on_dead` again."""
    job = running.job
    assert job.on_dead is not None  # noqa: S101
    try:
        async with asyncio.timeout(job.timeout_s):
            await job.on_dead(context, job.payload.model_validate_json(running.payload))
    except asyncio.CancelledError:
        if running.is_cancelled:
            return None
        raise
    except LeaseLost:
        return None
    except ValidationError:
        # Written by another version: nothing is known of what the job was for.
        return dead
    except Exception as error:  # noqa: BLE001 - it is repeated, whatever it is
        if running.is_cancelled:
            return None
        logger.opt(exception=error).warning("job {} cannot end yet", running)
        return Outcome("failed", dead.error, after=job.pause_after(running.attempt), attempts=job.max_attempts)
    return dead


def _fail(running: RunningJob, error: BaseException) -> Outcome:
    running.has_failed = True
    job = running.job
    written = _cut(f"{type(error).__name__}: {error}")
    if running.attempt >= job.max_attempts:
        logger.opt(exception=error).error("job {} is dead after {} attempts", running, running.attempt)
        return Outcome("dead", written)
    # A lock or a deadlock may pass, and its traceback says nothing of the job.
    raised = None if isinstance(error, TransientDatabaseError) else error
    logger.opt(exception=raised).warning("job {} failed at attempt {}: {}", running, running.attempt, written)
    return Outcome("failed", written, after=job.pause_after(running.attempt))


def _cut(text: str) -> str:
    """Returns the error text as it is stored: limited in length, without NUL characters."""
    return text[:_LONGEST_ERROR].replace("\0", "")
