"""The job that deletes ended sessions, failed sign-ins that no longer count, and expired username holds."""

from datetime import datetime

from loguru import logger

from app.adapters.db.database import BackgroundDatabase, Database
from app.modules.accounts_module.db.cruds.sessions import delete_ended
from app.modules.accounts_module.db.cruds.sign_in_failures import delete_old_failures
from app.modules.accounts_module.db.cruds.username_holds import delete_expired_holds
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.settings import Settings

_PERIOD = 30.0
"""Seconds between two runs. A run that finds nothing costs four look-ups in an index."""
_AT_ONCE = 1_000
"""Maximum number of rows that one statement deletes."""


async def delete_expired(context: JobContext, _: Nothing) -> None:
    """Deletes sessions AUTH_SESSION_RETENTION_DAYS after their end, and the rest as soon as it has expired."""
    retention = context.container.get(Settings).auth.session_retention
    deleted = await clean_up(context.container.get(BackgroundDatabase), context.at - retention)
    if deleted:
        logger.info("{} ended sessions were deleted", deleted)


CLEANUP = Job("accounts.delete_what_is_over", Nothing, delete_expired)
CLEANUP_SCHEDULE = Schedule(CLEANUP, _PERIOD)


async def clean_up(database: Database, before: datetime) -> int:
    """Deletes, in chunks, the sessions that ended before a moment, and expired failures and holds.

    Returns the number of deleted sessions.
    """
    total = 0
    while True:
        async with database.connection() as connection:
            failures = await delete_old_failures(connection, _AT_ONCE)
            holds = await delete_expired_holds(connection, _AT_ONCE)
            sessions = await delete_ended(connection, before, _AT_ONCE)
        total += sessions
        if max(failures, holds, sessions) < _AT_ONCE:
            return total
