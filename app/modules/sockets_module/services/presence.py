"""Presence: an account is online while it has a socket on any process, and for a second after that."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.sockets_module.db.cruds import presence as crud
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.sources import Sources
from app.modules.streams_module.services.log import encode_time
from app.utils.background import keep_running, running

_PRESENCE, _LEFT = "presence", "presence.left"
_REFRESH = 30.0
_LASTS = timedelta(seconds=75)
"""Time for which an account counts as online without a refresh, because its process may have died."""
_OFFLINE_AFTER = timedelta(seconds=1)
"""Time without a socket after which an account is offline. One that returns before causes no signals, however often."""
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
        # Accounts with a socket here after its hello.
        self._online: set[UUID] = set()
        # Accounts that had their last socket here, until it is published that they are offline.
        self._leaving: dict[UUID, object] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # Not set during a refresh.
        self._is_refreshed = asyncio.Event()
        self._is_refreshed.set()
        bus.on_notification(_LEFT, self._on_left)
        bus.on_signal(self._on_signal)

    async def mark_online(self, account_id: UUID) -> None:
        """Stores that an account is online, and publishes it, unless it is already. Called for each socket here."""
        if account_id in self._online:
            return
        self._online.add(account_id)
        is_back = self._leaving.pop(account_id, None) is not None
        try:
            seen_at = await self._store_online([account_id])
            if not is_back:
                await self._publish(account_id, online=True, at=seen_at)
        except Exception as error:  # noqa: BLE001 - the next refresh stores it
            logger.debug("cannot store that an account came online: {!r}", error)

    async def mark_offline(self, account_id: UUID) -> None:
        """Stores that an account is offline soon, and publishes it then. Called after its last socket here closed.

        If it has a socket on another process, that process corrects the state.
        """
        if account_id not in self._online:
            # The hello of its only socket has failed.
            return
        self._online.discard(account_id)
        leaving = self._leaving[account_id] = object()
        # Else it could store after this that the account is online.
        await self._is_refreshed.wait()
        if self._leaving.get(account_id) is not leaving:
            return
        online_until = None
        try:
            async with self._database.connection() as connection:
                online_until = await crud.mark_offline(connection, account_id, _OFFLINE_AFTER)
            self._bus.notify(_LEFT, {"account_id": str(account_id)})
        except Exception as error:  # noqa: BLE001 - the state expires, and the socket is already closed
            logger.debug("cannot store that an account went offline: {!r}", error)
        keep_running(self._tasks, self._publish_absence(account_id, leaving, online_until))

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Refreshes presence for the lifetime of the application.

        At its end nothing is published of accounts that have just left: most of them connect to another process.
        """
        async with running(self._keep_refreshing()):
            yield
        for task in self._tasks:
            task.cancel()

    def _on_left(self, left: Mapping[str, Any]) -> None:
        """Corrects the state if another process marked an account offline that has a socket here."""
        account_id = UUID(left["account_id"])
        if account_id in self._online:
            keep_running(self._tasks, self._correct(account_id))

    def _on_signal(self, signal: Mapping[str, Any]) -> None:
        """Corrects what another process published of an account that has a socket here.

        It may have read that the account is offline just before this process stored and published the opposite.
        """
        if signal.get("kind") == _PRESENCE and not signal["online"] and UUID(signal["account_id"]) in self._online:
            # Later than what it corrects: clients show the latest.
            seen_at = datetime.fromisoformat(signal["last_seen_at"]) + timedelta(milliseconds=1)
            corrected = {**signal, "online": True, "last_seen_at": encode_time(seen_at)}
            self._registry.signal(_PRESENCE, corrected, *map(UUID, signal["stream_ids"]))

    async def _correct(self, account_id: UUID) -> None:
        try:
            await self._store_online([account_id])
        except Exception as error:  # noqa: BLE001 - the next refresh stores it
            logger.debug("cannot store that an account is still online: {!r}", error)

    async def _store_online(self, account_ids: Sequence[UUID]) -> datetime:
        """Returns the time at which the accounts were seen."""
        async with self._database.connection() as connection:
            return await crud.mark_online(connection, account_ids, _LASTS)

    async def _publish_absence(self, account_id: UUID, leaving: object, online_until: datetime | None) -> None:
        """Publishes that an account is offline, unless it returns before, here or on another process."""
        await asyncio.sleep(_OFFLINE_AFTER.total_seconds())
        if self._leaving.get(account_id) is not leaving:
            return
        del self._leaving[account_id]
        if online_until is None:
            # It was not stored.
            return
        try:
            async with self._database.connection() as connection:
                last_seen_at = await crud.find_last_seen(connection, account_id, online_until)
            if last_seen_at is not None:
                await self._publish(account_id, online=False, at=last_seen_at)
        except Exception as error:  # noqa: BLE001 - signals may be lost
            logger.debug("cannot publish that an account went offline: {!r}", error)

    async def _publish(self, account_id: UUID, *, online: bool, at: datetime) -> None:
        audience = await self._sources.list_audience(account_id, _MAX_RECEIVERS)
        if not online and account_id in self._online:
            # It has returned meanwhile, and is published as online by now.
            return
        presence = {"account_id": account_id, "online": online, "last_seen_at": encode_time(at)}
        for first in range(0, len(audience), _STREAMS_IN_A_SIGNAL):
            self._registry.signal(_PRESENCE, presence, *audience[first : first + _STREAMS_IN_A_SIGNAL])

    async def _keep_refreshing(self) -> None:
        """Refreshes presence periodically until cancelled."""
        while True:
            await asyncio.sleep(_REFRESH)
            self._is_refreshed.clear()
            try:
                if self._online:
                    await self._store_online(list(self._online))
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("cannot refresh presence: {!r}", error)
            finally:
                self._is_refreshed.set()
