"""Knows without a query whether any device is subscribed. While there is none, messages cost nothing."""

import asyncio
from collections.abc import Mapping
from typing import Any

from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.push_module.db import subscriptions as db
from app.utils.container import Container

_SUBSCRIBED = "push.subscribed"
_PERIOD = 5.0
"""Seconds after which another process has noticed the first device even without a notification."""


class PushUse:
    """Knows whether there are subscriptions. While that is not known, it assumes so."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._is_used = True
        self._noted = 0
        bus.on_notification(_SUBSCRIBED, self._on_subscribed)

    @property
    def is_used(self) -> bool:
        return self._is_used

    def note_subscribed(self) -> None:
        """Is called after the commit of a subscription. The other processes are notified over the bus."""
        self._on_subscribed({})
        self._bus.notify(_SUBSCRIBED, {})

    async def look(self) -> None:
        """Reads whether there are subscriptions."""
        noted = self._noted
        async with self._database.connection() as connection:
            is_used = await db.any_exists(connection)
        # A subscription that was committed meanwhile may not be among those that were read.
        self._is_used = is_used or noted != self._noted

    async def keep_looking(self) -> None:
        """Looks periodically until cancelled. After an error it assumes that there are subscriptions."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("cannot read whether devices are subscribed: {!r}", error)
                self._is_used = True
            await asyncio.sleep(_PERIOD)

    def _on_subscribed(self, _: Mapping[str, Any]) -> None:
        self._noted += 1
        self._is_used = True


def is_idle(container: Container) -> bool:
    return not container.get(PushUse).is_used
