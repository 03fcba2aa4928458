"""The job that deletes old tokens, and sign-ups that were not verified."""

from datetime import timedelta

from app.adapters.db.database import BackgroundDatabase
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.recovery_module.db.cruds import sign_ups, tokens
from app.modules.streams_module.services.log import now

_KEPT = timedelta(days=3)
"""Longer than a mail is retried: its job would store a token that was used and deleted again."""
_AT_ONCE = 1_000


async def _delete_old(context: JobContext, _: Nothing) -> None:
    while True:
        async with context.container.get(BackgroundDatabase).connection() as connection:
            old_tokens = await tokens.delete_old(connection, now() - _KEPT, _AT_ONCE)
            old_sign_ups = await sign_ups.delete_old(connection, now(), _AT_ONCE)
        if max(old_tokens, old_sign_ups) < _AT_ONCE:
            return


TIDY = Job("recovery.delete_old_tokens", Nothing, _delete_old)
CLEANUP_PERIOD = Schedule(TIDY, timedelta(hours=1))
