"""Presence: an account is online while it has a socket on any process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.sockets_module.db.cruds import presence as crud
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.sources import Sources
from app.modules.streams_module.services.log import encode_time
from app.utils.background import running

_LEFT = "presence.left"
_REFRESH = 30.0
_LASTS = timedelta(seconds=75)
"""Time for which an account counts as online without a refresh, because its process may have died."""
_STREAMS_IN_A_SIGNAL = 15
"""Maximum of streams in a signal. It names them and must stay small."""
_MAX_RECEIVERS = 5_000
"""Maximum of readers notified of one account's presence. Streams with the fewest readers come first."""


class Presence:
    """Updates `account_presence` for the sockets of this process, and notifies readers of shared streams."""

    def __init__(self, database: Database, bus: Bus, registry: Registry, sources: Sources) -> None:
        self._database = database
        self._bus = bus
        self._registry = registry
        self._sources = sources
        self._corrections: set[asyncio.Task[None]] = set()
        bus.on_notification(_LEFT, self._on_left)

    async def mark_online(self, account_id: UUID) -> None:
        """Stores and publishes that an account is online. Called for its first socket here."""
        now = datetime.now(UTC)
        try:
            async with self._database.connection() as connection:
                await crud.mark_online(connection, [account_id], now, now + _LASTS)
            await self._publish(account_id, online=True, at=now)
        except Exception as error:  # noqa: BLE001 - the next refresh stores it
            logger.debug("cannot store that an account came online: {!r}", error)

    async def mark_offline(self, account_id: UUID) -> None:
        """Stores and publishes that an account is offline. Called after its last socket here closed.

        If it has a socket on another process, that process corrects the state.
        """
        now = datetime.now(UTC)
        try:
            async with self._database.connection() as connection:
                await crud.mark_offline(connection, account_id, now)
            await self._publish(account_id, online=False, at=now)
            self._bus.notify(_LEFT, {"account_id": str(account_id)})
        except Exception as error:  # noqa: BLE001 - the state expires, and the socket is already closed
            logger.debug("cannot store that an account went offline: {!r}", error)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Refreshes presence for the lifetime of the application."""
        async with running(self._keep_refreshing()):
            yield

    def _on_left(self, left: Mapping[str, Any]) -> None:
        """Corrects the state if another process marked an account offline that has a socket here."""
        account_id = UUID(left["account_id"])
        if account_id in self._registry:
            correction = asyncio.create_task(self.mark_online(account_id))
            self._corrections.add(correction)
            correction.add_done_callback(self._corrections.discard)

    async def _publish(self, account_id: UUID, *, online: bool, at: datetime) -> None:
        audience = await self._sources.list_audience(account_id, _MAX_RECEIVERS)
        presence = {"account_id": account_id, "online": online, "last_seen_at": encode_time(at)}
        for first in range(0, len(audience), _STREAMS_IN_A_SIGNAL):
            self._registry.signal("presence", presence, *audience[first : first + _STREAMS_IN_A_SIGNAL])

    async def _keep_refreshing(self) -> None:
        """Refreshes presence periodically until cancelled."""
        while True:
            await asyncio.sleep(_REFRESH)
            now = datetime.now(UTC)
            try:
                account_ids = self._registry.account_ids
                if account_ids:
                    async with self._database.connection() as connection:
                        await crud.mark_online(connection, account_ids, now, now + _LASTS)
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("cannot refresh presence: {!r}", error)
