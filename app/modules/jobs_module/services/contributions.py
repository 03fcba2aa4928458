"""Checks what modules contribute to jobs before the server starts."""

from pydantic import ValidationError

from app.modules.jobs_module.extension import DEFAULT_LANE, Job, Lane, Schedule
from app.modules.jobs_module.services.schedules import POLL
from app.utils.module import Modules, ModulesError


def check_contributions(modules: Modules) -> None:
    """Raises ModulesError for a lane, a job or a schedule that cannot run."""
    lanes, jobs = modules.contributions(Lane), modules.contributions(Job)
    for lane in lanes:
        if lane.name == DEFAULT_LANE:
            raise ModulesError(f"the lane {lane.name!r} is reserved")
        if lane.concurrency < 1:
            raise ModulesError(f"the lane {lane.name!r} has no room for a job")
    names = {DEFAULT_LANE, *(lane.name for lane in lanes)}
    for job in jobs:
        if job.lane not in names:
            raise ModulesError(f"the job {job.name!r} names the lane {job.lane!r}, which no module contributes")
    for schedule in modules.contributions(Schedule):
        _check(schedule, jobs)


def _check(schedule: Schedule, jobs: tuple[Job, ...]) -> None:
    job = schedule.job
    if job not in jobs:
        raise ModulesError(f"a schedule names the job {job.name!r}, which no module contributes")
    if schedule.seconds < POLL:
        raise ModulesError(f"the period of the job {job.name!r} is shorter than {POLL:g} s")
    try:
        job.payload()
    except ValidationError:
        raise ModulesError(
            f"the job {job.name!r} has a schedule, and its payload has a field without a default"
        ) from None
