"""The job that deletes old tokens."""

from datetime import timedelta

from app.adapters.db.database import BackgroundDatabase
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.recovery_module.db.cruds.tokens import delete_old
from app.modules.streams_module.services.log import now

_KEPT = timedelta(days=3)
"""Longer than a mail is retried: its job would store a token that was used and deleted again."""
_AT_ONCE = 1_000


async def _delete_old(context: JobContext, _: Nothing) -> None:
    while True:
        async with context.container.get(BackgroundDatabase).connection() as connection:
            if await delete_old(connection, now() - _KEPT, _AT_ONCE) < _AT_ONCE:
                return


TIDY = Job("recovery.delete_old_tokens", Nothing, _delete_old)
CLEANUP_PERIOD = Schedule(TIDY, timedelta(hours=1))
