"""The job that deletes ended sessions, failed sign-ins that no longer count, and expired username holds."""

from loguru import logger

from app.modules.accounts_module.db.cruds.sessions import DELETE_ENDED
from app.modules.accounts_module.db.cruds.sign_in_failures import DELETE_OLD_FAILURES
from app.modules.accounts_module.db.cruds.username_holds import DELETE_EXPIRED_HOLDS
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.settings.auth_settings import AuthSettings

_PERIOD = 30.0
"""Seconds between two runs. A run that finds nothing costs four look-ups in an index."""


async def delete_expired(context: JobContext, _: Nothing) -> None:
    """Deletes sessions AUTH_SESSION_RETENTION_DAYS after their end, and the rest as soon as it has expired."""
    retention = context.container.get(AuthSettings).session_retention
    await context.delete_in_chunks(DELETE_OLD_FAILURES)
    await context.delete_in_chunks(DELETE_EXPIRED_HOLDS, context.at)
    deleted = [await context.delete_in_chunks(statement, context.at - retention) for statement in DELETE_ENDED]
    if any(deleted):
        logger.info("{} ended sessions were deleted", sum(deleted))


CLEANUP = Job("accounts.delete_what_is_over", Nothing, delete_expired)
CLEANUP_SCHEDULE = Schedule(CLEANUP, _PERIOD)
