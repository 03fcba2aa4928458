"""Deleting what is over: ended sessions, wrong passwords that no longer count, and holds of usernames."""

from datetime import UTC, datetime

from loguru import logger

from app.adapters.db.database import BackgroundDatabase, Database
from app.modules.accounts_module.db.cruds.sessions import delete_ended
from app.modules.accounts_module.db.cruds.sign_in_failures import delete_old_failures
from app.modules.accounts_module.db.cruds.username_holds import delete_over
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.settings import Settings

_PERIOD = 30.0
"""Seconds from one round to the next. Where nothing is over, a round is four look-ups in an index."""
_AT_ONCE = 1_000
"""Rows that one statement deletes."""


async def delete_what_is_over(context: JobContext, _: Nothing) -> None:
    """Deletes the sessions that ended AUTH_SESSION_RETENTION_DAYS ago or earlier, and the rest at once."""
    retention = context.container.get(Settings).auth.session_retention
    deleted = await clean_up(context.container.get(BackgroundDatabase), datetime.now(UTC) - retention)
    if deleted:
        logger.info("{} ended sessions were deleted", deleted)


TIDY = Job("accounts.delete_what_is_over", Nothing, delete_what_is_over)
CLEANUP_PERIOD = Schedule(TIDY, _PERIOD)


async def clean_up(database: Database, before: datetime) -> int:
    """Deletes the sessions that ended before a moment, in chunks. Returns how many."""
    total = 0
    while True:
        async with database.connection() as connection:
            failures = await delete_old_failures(connection, _AT_ONCE)
            holds = await delete_over(connection, _AT_ONCE)
            sessions = await delete_ended(connection, before, _AT_ONCE)
        total += sessions
        if max(failures, holds, sessions) < _AT_ONCE:
            return total
