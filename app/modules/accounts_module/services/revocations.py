"""Which sessions have ended while their access tokens would still be good."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.accounts_module.db.cruds.sessions import LIST_REVOKED
from app.utils.isolation import call_isolated

_ENDED = "session.ended"
_PERIOD = 0.7
"""Seconds between two looks: every process sees a revocation within a second, also without any doorbell."""
_OVERLAP = timedelta(seconds=60)
"""How far back each look goes: clocks differ, and a commit comes after the time that it tells."""


class Revocations:
    """A set in memory, kept up to date from the database; a token check costs no query."""

    def __init__(self, database: Database, bus: Bus, access_lifetime: timedelta) -> None:
        self._database = database
        self._bus = bus
        self._access_lifetime = access_lifetime
        self._revoked: dict[UUID, datetime] = {}
        self._listeners: list[Callable[[UUID], None]] = []
        self._seen_until: datetime | None = None
        bus.on_signal(self._hear)

    def __contains__(self, session_id: UUID) -> bool:
        return session_id in self._revoked

    @property
    def are_known(self) -> bool:
        """Whether the database was asked at all: before that, every session looks like a live one."""
        return self._seen_until is not None

    def on_revoked(self, listener: Callable[[UUID], None]) -> None:
        """Calls `listener` once for each session that ends from now on."""
        self._listeners.append(listener)

    def announce(self, session_ids: Iterable[UUID], at: datetime) -> None:
        """Sessions have just ended: notes it here, and lets the other processes know at once if the bus is up."""
        self.add(session_ids, at)
        for session_id in session_ids:
            self._bus.signal({"kind": _ENDED, "session_id": str(session_id)})

    def add(self, session_ids: Iterable[UUID], at: datetime | None = None) -> None:
        """Notes sessions that have ended."""
        for session_id in session_ids:
            if session_id not in self._revoked:
                self._revoked[session_id] = at or datetime.now(UTC)
                for listener in self._listeners:
                    call_isolated(listener, session_id)

    def _hear(self, signal: Mapping[str, Any]) -> None:
        if signal.get("kind") == _ENDED:
            self.add([UUID(signal["session_id"])])

    async def look(self) -> None:
        """Reads what other processes have revoked, and forgets those whose tokens have run out."""
        began = datetime.now(UTC)
        horizon = began - self._access_lifetime - _OVERLAP
        since = max(horizon, self._seen_until - _OVERLAP) if self._seen_until else horizon
        async with self._database.connection() as connection:
            rows = await connection.fetch(LIST_REVOKED, since)
        for row in rows:
            self.add([row["id"]], row["revoked_at"])
        self._revoked = {session_id: at for session_id, at in self._revoked.items() if at > horizon}
        self._seen_until = began

    async def keep_looking(self) -> None:
        """Until cancelled. A database that is away answers no request either, so a missed look lets nobody in."""
        was_away = False
        while True:
            try:
                await self.look()
                was_away = False
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look must come
                if not was_away:
                    logger.warning("ended sessions cannot be read: {!r}", error)
                was_away = True
            await asyncio.sleep(_PERIOD)
