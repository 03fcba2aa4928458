"""Revocation: the sessions that have ended before their access tokens expire, in memory."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.database import Database
from app.modules.accounts_module.db.cruds.sessions import LIST_LIVE, LIST_LIVE_OF, LIST_REVOKED, LIST_UNCHECKED
from app.modules.accounts_module.errors import SessionsUnknown
from app.modules.accounts_module.extension import BearerKind
from app.modules.accounts_module.services.open_sessions import OpenSessions

_ENDED = "session.ended"
_PERIOD = 0.7
"""Seconds between two polls: every process sees a revocation within a second, even without a notification."""
_VALID_FOR = 3.0
"""Seconds for which the result of a poll is valid. After that no request is served before the next poll: the process
was frozen, or the database could not be reached."""
_OVERLAP = timedelta(seconds=60)
"""How far each poll reads back: clocks differ, and a row is committed after the `revoked_at` in it."""
_CHECKED_AT_ONCE = 1_000
# Monotonic seconds, including the time in which the machine was suspended.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Revocations:
    """The set of revoked sessions, kept up to date from the database. Checking a token needs no query.

    `open_sessions` are the sessions with connections in this process. The connections end when the session is revoked
    or expires. Those of a session with an origin also end when its last access token has expired: a refresh checks what
    the session depends on.
    """

    def __init__(
        self, database: Database, bus: Bus, access_lifetime: timedelta, kinds: Sequence[BearerKind] = ()
    ) -> None:
        self._list_revoked = " UNION ALL ".join([LIST_REVOKED, *(kind.list_revoked for kind in kinds)])
        self._list_live = " UNION ALL ".join([LIST_LIVE, *(kind.list_live for kind in kinds)])
        self._list_live_of = " UNION ALL ".join([LIST_LIVE_OF, *(kind.list_live_of for kind in kinds)])
        self._database = database
        self._bus = bus
        self._access_lifetime = access_lifetime
        self._revoked: dict[UUID, datetime] = {}
        self._seen_until: datetime | None = None
        self._known_until = 0.0
        self._missed_notifications = False
        self._refreshing: asyncio.Task[None] | None = None
        self._after_gap: list[Callable[[], None]] = []
        self.open_sessions = OpenSessions()
        bus.on_notification(_ENDED, self._on_session_ended)
        bus.on_reconnect(self._on_reconnect)

    def __contains__(self, session_id: UUID) -> bool:
        return session_id in self._revoked

    @property
    def are_known(self) -> bool:
        """Returns False before the first poll and after a gap. The set is incomplete then."""
        return time.clock_gettime(_CLOCK) < self._known_until

    def on_gap(self, action: Callable[[], None]) -> None:
        """Calls `action` when the set is complete again after a gap. Tokens that were deleted since are not in it."""
        self._after_gap.append(action)

    def announce(self, session_ids: Collection[UUID], at: datetime) -> None:
        """Adds sessions that have just ended, and notifies the other processes over the bus."""
        self.add(session_ids, at)
        for session_id in session_ids:
            self._bus.notify(_ENDED, {"session_id": str(session_id)})

    def add(self, session_ids: Iterable[UUID], at: datetime | None = None) -> None:
        """Adds sessions that have ended, and ends their connections in this process."""
        for session_id in session_ids:
            if session_id not in self._revoked:
                self._revoked[session_id] = at or datetime.now(UTC)
            self.open_sessions.end(session_id)

    async def catch_up(self) -> None:
        """Polls, unless the set is up to date. Raises the database's error, or SessionsUnknown if a poll was too slow.

        Concurrent callers share one poll.
        """
        # A poll that began before the process was frozen says nothing about the time since. Then a second one follows.
        for _ in range(2):
            if self.are_known:
                return
            if self._refreshing is None:
                self._refreshing = asyncio.create_task(self.refresh())
                self._refreshing.add_done_callback(self._end_refresh)
            await asyncio.shield(self._refreshing)
        if not self.are_known:
            raise SessionsUnknown

    async def find_staleness_error(self) -> Exception | None:
        """Does what `catch_up` does, but returns the error instead of raising it."""
        try:
            await self.catch_up()
        except Exception as error:  # noqa: BLE001 - the caller answers with it
            return error
        return None

    async def refresh(self) -> None:
        """Reads the revocations by other processes, and drops those whose access tokens have expired.

        Then checks the sessions with open connections: all of them after a gap, else those that are new or about to
        expire.
        """
        began, began_at = datetime.now(UTC), time.clock_gettime(_CLOCK)
        everything, self._missed_notifications = self._missed_notifications or not self.are_known, False
        horizon = began - self._access_lifetime - _OVERLAP
        # min: the clock may have been set back since the last poll.
        since = max(horizon, min(self._seen_until, began) - _OVERLAP) if self._seen_until else horizon
        try:
            async with self._database.connection() as connection:
                rows = await connection.fetch(self._list_revoked, since)
            for row in rows:
                self.add([row["id"]], row["revoked_at"])
            await self._check_open_sessions(
                self.open_sessions.list_due(began_at, everything=everything), began, began_at
            )
        except BaseException:
            self._missed_notifications = everything
            raise
        for action in self._after_gap if everything else ():
            action()
        self._revoked = {session_id: at for session_id, at in self._revoked.items() if at > horizon}
        self._seen_until, self._known_until = began, began_at + _VALID_FOR

    async def keep_refreshing(self) -> None:
        """Polls until cancelled."""
        was_unavailable = False
        while True:
            try:
                await self.refresh()
                was_unavailable = False
            except Exception as error:  # noqa: BLE001 - after any error, the next poll must follow
                if not was_unavailable:
                    logger.warning("cannot read ended sessions: {!r}", error)
                was_unavailable = True
            await asyncio.sleep(_PERIOD)

    async def list_live(
        self, connection: DatabaseConnection, session_ids: Sequence[UUID], at: datetime
    ) -> dict[UUID, datetime]:
        """Returns those of the sessions, or tokens, that are live in the database, with their times of expiry."""
        return {row["id"]: row["expires_at"] for row in await connection.fetch(self._list_live, session_ids, at)}

    async def is_signed_in(self, connection: DatabaseConnection, account_id: UUID, at: datetime) -> bool:
        """Returns True if an account has a live session, or a token, in the database."""
        return bool(await connection.fetch(self._list_live_of, account_id, at))

    async def _check_open_sessions(self, session_ids: list[UUID], at: datetime, now: float) -> None:
        rest = iter(session_ids)
        while part := list(islice(rest, _CHECKED_AT_ONCE)):
            async with self._database.connection() as connection:
                live = await self.list_live(connection, part, at)
                unchecked = await connection.fetch(LIST_UNCHECKED, part, at - self._access_lifetime - _OVERLAP)
            self.add(self.open_sessions.note(part, live, at, now))
            for row in unchecked:
                # Not `add`: the session has not ended. Its client refreshes it and connects again.
                self.open_sessions.end(row["id"])

    def _end_refresh(self, refreshing: asyncio.Task[None]) -> None:
        self._refreshing = None
        if not refreshing.cancelled():
            # Marks the error as retrieved: the callers that waited have received it.
            refreshing.exception()

    def _on_session_ended(self, ended: Mapping[str, Any]) -> None:
        self.add([UUID(ended["session_id"])])

    def _on_reconnect(self) -> None:
        self._missed_notifications = True
