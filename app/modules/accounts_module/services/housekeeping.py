"""Deleting what is over: ended sessions, wrong passwords that no longer count, and holds of usernames."""

import asyncio
from datetime import UTC, datetime, timedelta

from loguru import logger

from app.adapters.db.database import Database
from app.modules.accounts_module.db.cruds.sessions import delete_ended
from app.modules.accounts_module.db.cruds.sign_in_failures import delete_old_failures
from app.modules.accounts_module.db.cruds.username_holds import delete_over

_PERIOD = 30.0
"""Seconds. Where nothing is over, a round is four look-ups in an index."""
_AT_ONCE = 1_000
"""Rows that one statement deletes."""


async def keep_tidy(database: Database, session_retention: timedelta) -> None:
    """Runs until cancelled. Processes do it side by side: each passes over the rows that another one has locked."""
    was_missed = False
    while True:
        await asyncio.sleep(_PERIOD)
        try:
            deleted = await tidy(database, datetime.now(UTC) - session_retention)
            if deleted:
                logger.info("{} ended sessions were deleted", deleted)
            was_missed = False
        except Exception as error:  # noqa: BLE001 - the next round goes on where this one stopped
            if not was_missed:
                logger.warning("cannot delete ended sessions: {!r}", error)
            was_missed = True


async def tidy(database: Database, before: datetime) -> int:
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
