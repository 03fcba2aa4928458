"""The sessions that have open connections in this process, and when the database is asked about each of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from app.utils.isolation import call_isolated

_ASK_EVERY = 60.0
"""Seconds. A session that nothing is heard of is asked about all the same: its row may be deleted, or a clock wrong."""


class Watch:
    """One connection of a session. `is_live` until the session ends, of which `on_end` is told once."""

    __slots__ = ("_sessions", "is_live", "on_end", "session_id")

    def __init__(self, sessions: "OpenSessions", session_id: UUID, on_end: Callable[[], None]) -> None:
        self._sessions = sessions
        self.session_id = session_id
        self.on_end = on_end
        self.is_live = True

    def stop(self) -> None:
        """The connection is closed."""
        self._sessions.leave(self)


class _Session:
    __slots__ = ("ask_at", "watches")

    def __init__(self) -> None:
        # At the next look: when it expires is not known yet.
        self.ask_at = 0.0
        self.watches: set[Watch] = set()


class OpenSessions:
    """Sockets, event streams and long polls, by session. Nothing here waits."""

    def __init__(self) -> None:
        self._sessions: dict[UUID, _Session] = {}

    def watch(self, session_id: UUID, on_end: Callable[[], None]) -> Watch:
        """Calls `on_end` when the session is revoked or expires, until the watch is stopped."""
        watch = Watch(self, session_id, on_end)
        session = self._sessions.get(session_id)
        if session is None:
            session = self._sessions[session_id] = _Session()
        session.watches.add(watch)
        return watch

    @contextmanager
    def watching(self, session_id: UUID) -> Iterator[Callable[[], bool]]:
        """Gives a function that tells whether the session is still live."""
        watch = self.watch(session_id, _nothing)
        try:
            yield lambda: watch.is_live
        finally:
            watch.stop()

    def leave(self, watch: Watch) -> None:
        """Forgets a connection."""
        session = self._sessions.get(watch.session_id)
        if session is not None:
            session.watches.discard(watch)
            if not session.watches:
                del self._sessions[watch.session_id]

    def end(self, session_id: UUID) -> None:
        """Ends all connections of a session."""
        session = self._sessions.pop(session_id, None)
        for watch in session.watches if session is not None else ():
            watch.is_live = False
            call_isolated(watch.on_end)

    def list_due(self, now: float, *, everything: bool) -> list[UUID]:
        """Returns the sessions that the database has to be asked about; `now` is in elapsed seconds."""
        return [key for key, session in self._sessions.items() if everything or session.ask_at <= now]

    def note(self, checked: Iterable[UUID], live: Mapping[UUID, datetime], at: datetime, now: float) -> list[UUID]:
        """Takes what the database answered: when the live ones of those that were asked about expire.

        Returns the others: they have ended.
        """
        for session_id, expires_at in live.items():
            session = self._sessions.get(session_id)
            if session is not None:
                session.ask_at = now + min((expires_at - at).total_seconds(), _ASK_EVERY)
        return [session_id for session_id in checked if session_id not in live]


def _nothing() -> None:
    """A reader looks for itself."""
