"""What a process knows of all webhooks: if one is active, so that a message costs nothing while none is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from loguru import logger

from app.adapters.db.database import BackgroundDatabase
from app.adapters.errors import PoolExhausted, TransientDatabaseError
from app.modules.streams_module.services.log import now
from app.modules.webhooks_module import metrics
from app.modules.webhooks_module.db import cursors, webhooks
from app.utils.background import running
from app.utils.container import Container

KNOWN_AFTER = 15.0
"""Seconds after which all processes know that a webhook is active."""
_EVERY = 3.0
_VALID_FOR = 7.0
"""Seconds for which an answer of the database counts. It is less than KNOWN_AFTER."""


class Activity:
    """Looks every few seconds if the installation has an active webhook. In the container."""

    def __init__(self, database: BackgroundDatabase) -> None:
        self._database = database
        self._idle_until = 0.0
        self._changes = 0

    def is_idle(self) -> bool:
        """Returns True if no webhook was active a few seconds ago. False if this is not known."""
        return monotonic() < self._idle_until

    def note_active(self) -> None:
        """A webhook of this process is active from now on."""
        self._idle_until = 0.0
        self._changes += 1

    async def refresh(self) -> None:
        """Asks the database."""
        asked_at, changes = monotonic(), self._changes
        async with self._database.connection() as connection:
            is_active = await webhooks.has_active(connection)
            behind_since = await cursors.find_behind_since(connection) if is_active else None
        if changes == self._changes:
            self._idle_until = 0.0 if is_active else asked_at + _VALID_FOR
        metrics.LAG_SECONDS.set(max((now() - behind_since).total_seconds(), 0.0) if behind_since else 0.0)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Keeps asking for the time of the block."""
        async with running(self._keep_refreshing()):
            yield

    async def _keep_refreshing(self) -> None:
        while True:
            try:
                await self.refresh()
            except (TransientDatabaseError, PoolExhausted) as error:
                logger.debug("it is not known if a webhook is active: {!r}", error)
            await asyncio.sleep(_EVERY)


def is_idle(container: Container) -> bool:
    return container.get(Activity).is_idle()
