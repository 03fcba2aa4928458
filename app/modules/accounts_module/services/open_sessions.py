"""The sessions with open connections in this process, and when each has to be checked in the database."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from app.utils.isolation import call_isolated

_CHECK_EVERY = 60.0
"""Maximum seconds between two checks of a session. The check is needed without a revocation and before the expiry, too:
the session's row may be deleted, or a clock may be wrong."""


class Watch:
    """One connection of a session. `is_live` is True until the session ends. Then `on_end` is called once."""

    __slots__ = ("_sessions", "is_live", "on_end", "session_id")

    def __init__(self, sessions: "OpenSessions", session_id: UUID, on_end: Callable[[], None]) -> None:
        self._sessions = sessions
        self.session_id = session_id
        self.on_end = on_end
        self.is_live = True

    def stop(self) -> None:
        """Ends the watch: the connection was closed."""
        self._sessions.leave(self)


class _Session:
    __slots__ = ("check_at", "watches")

    def __init__(self) -> None:
        # Check it at the next round: its time of expiry is not known yet.
        self.check_at = 0.0
        self.watches: set[Watch] = set()


class OpenSessions:
    """The connections (sockets, event streams, long polls) of each session. No method waits."""

    def __init__(self) -> None:
        self._sessions: dict[UUID, _Session] = {}

    def watch(self, session_id: UUID, on_end: Callable[[], None]) -> Watch:
        """Returns a watch that calls `on_end` when the session is revoked or expires, unless it was stopped."""
        watch = Watch(self, session_id, on_end)
        session = self._sessions.get(session_id)
        if session is None:
            session = self._sessions[session_id] = _Session()
        session.watches.add(watch)
        return watch

    @contextmanager
    def watching(self, session_id: UUID) -> Iterator[Callable[[], bool]]:
        """Yields a function that returns True while the session is live."""
        watch = self.watch(session_id, _nothing)
        try:
            yield lambda: watch.is_live
        finally:
            watch.stop()

    def leave(self, watch: Watch) -> None:
        """Removes a connection."""
        session = self._sessions.get(watch.session_id)
        if session is not None:
            session.watches.discard(watch)
            if not session.watches:
                del self._sessions[watch.session_id]

    def end(self, session_id: UUID) -> None:
        """Ends all watches of a session, and calls their `on_end`."""
        session = self._sessions.pop(session_id, None)
        for watch in session.watches if session is not None else ():
            watch.is_live = False
            call_isolated(watch.on_end)

    def list_due(self, now: float, *, everything: bool) -> list[UUID]:
        """Returns the sessions that have to be checked in the database. `now` is in seconds of the monotonic clock."""
        return [key for key, session in self._sessions.items() if everything or session.check_at <= now]

    def note(self, checked: Iterable[UUID], live: Mapping[UUID, datetime], at: datetime, now: float) -> list[UUID]:
        """Takes the result of a check: `live` maps the live ones of the `checked` sessions to their times of expiry.

        `at` and `now` are the time of the check by the wall clock and by the monotonic clock. Returns the checked
        sessions that have ended.
        """
        for session_id, expires_at in live.items():
            session = self._sessions.get(session_id)
            if session is not None:
                session.check_at = now + min((expires_at - at).total_seconds(), _CHECK_EVERY)
        return [session_id for session_id in checked if session_id not in live]


def _nothing() -> None:
    """Does nothing: callers of `watching` poll the session's state, so they need no callback."""
