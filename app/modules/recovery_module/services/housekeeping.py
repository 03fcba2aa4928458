"""The job that deletes old tokens, and sign-ups that were not verified."""

from datetime import timedelta

from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.recovery_module.db.cruds import sign_ups, tokens
from app.modules.streams_module.services.log import now

_KEPT = timedelta(days=3)
"""Longer than a mail is retried: its job would store a token that was used and deleted again."""


async def _delete_old(context: JobContext, _: Nothing) -> None:
    at = now()
    await context.delete_in_chunks(lambda connection, limit: tokens.delete_old(connection, at - _KEPT, limit))
    await context.delete_in_chunks(lambda connection, limit: sign_ups.delete_old(connection, at, limit))


TIDY = Job("recovery.delete_old_tokens", Nothing, _delete_old)
CLEANUP_PERIOD = Schedule(TIDY, timedelta(hours=1))
