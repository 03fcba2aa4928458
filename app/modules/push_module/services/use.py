"""Knows without a query if any device is subscribed. While there is none, messages cost nothing."""

from collections.abc import Mapping
from typing import Any

from app.adapters.base.bus import Bus
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.database import BackgroundDatabase
from app.modules.push_module.db.cruds import subscriptions as crud
from app.modules.streams_module.services.idleness import Idleness

_SUBSCRIBED = "push.subscribed"


class PushUse(Idleness):
    """The installation is idle without a subscription. In the container."""

    def __init__(self, database: BackgroundDatabase, bus: Bus) -> None:
        super().__init__(database)
        self._bus = bus
        bus.on_notification(_SUBSCRIBED, self._on_subscribed)

    async def is_used(self, connection: DatabaseConnection) -> bool:
        return await crud.any_exists(connection)

    def note_subscribed(self) -> None:
        """Is called after the commit of a subscription. The other processes are notified over the bus."""
        self.note_use()
        self._bus.notify(_SUBSCRIBED, {})

    def _on_subscribed(self, _: Mapping[str, Any]) -> None:
        self.note_use()
