"""Deletes the subscriptions of sessions that have ended, and those of an earlier key."""

from datetime import timedelta

from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.push_module.services.subscriptions import end_dead
from app.modules.streams_module.services.log import Log


async def _tidy(context: JobContext, _: Nothing) -> None:
    await end_dead(context.unit_of_work, context.container.get(Log))


TIDY = Job("push.tidy", Nothing, _tidy, timeout_s=600.0)
TIDY_HOURLY = Schedule(TIDY, timedelta(hours=1))
