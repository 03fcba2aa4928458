"""The job that deletes old tokens, sign-ups that were not verified, and links that could not be sent."""

from datetime import timedelta

from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.recovery_module.db.cruds import sign_ups, tokens

_KEPT = timedelta(days=3)
"""Longer than a mail is retried: its job would store a token that was used and deleted again."""


async def _delete_old(context: JobContext, _: Nothing) -> None:
    await context.delete_in_chunks(tokens.DELETE_OLD, context.at - _KEPT)
    await context.delete_in_chunks(tokens.DELETE_UNSENT, context.at - _KEPT)
    await context.delete_in_chunks(sign_ups.DELETE_OLD, context.at)


CLEANUP = Job("recovery.delete_old_tokens", Nothing, _delete_old)
CLEANUP_SCHEDULE = Schedule(CLEANUP, timedelta(hours=1))
