"""Finds hits, newest first, in windows of time. Ranks the newest of them by how well they fit."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from time import monotonic
from uuid import UUID

import asyncpg

from app.adapters.db.connection import Connection
from app.adapters.errors import DatabaseBusy
from app.modules.search_module.db.cruds import search as crud
from app.modules.search_module.db.cruds.search import Chat, Hit, Key

TIME_LIMIT = 0.3
"""Seconds after which a search answers with what it has."""
_LEAST_FOR_RANKING = 0.1
"""Seconds that ranking may take, however long it took to find the hits."""
RANKED = 1_000
"""Newest hits that are put in order by how well they fit."""
_FIRST_ROWS = 500
"""Newest messages that are looked at before the index of words is: a common word is soon found among them."""
_ROWS_AT_ONCE = 4_000
_SHORTEST_WINDOW = timedelta(hours=1)
_LONGEST_WINDOW = timedelta(days=36_500)
_GROWTH = 16
_SHARE_OF_INDEX = 0.5
"""Share of the time that is left. A search for which the index is slow continues by windows."""
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
# A time that a cursor may hold.
_NEWEST: Key = (datetime(9998, 12, 31, tzinfo=UTC), UUID(int=0), 0)


@dataclass(frozen=True)
class Criteria:
    """What is looked for. `words` is a tsquery, None for any message. `indexed` is the part of it that an index finds
    soon.
    """

    chats: Sequence[Chat]
    words: str | None
    indexed: str | None
    after: datetime | None = None
    before: datetime | None = None

    @property
    def since(self) -> datetime:
        return self.after or OLDEST

    def until(self, key: Key | None) -> Key:
        """Returns the key before which messages are looked for, given that of the last page."""
        keys = [_NEWEST, *([key] if key else [])]
        if self.before is not None:
            keys.append((self.before, UUID(int=0), 0))
        return min(keys)

    @cached_property
    def chat_ids(self) -> list[UUID]:
        return [chat.id for chat in self.chats]

    @cached_property
    def newest(self) -> datetime:
        """Returns the time of the newest message."""
        return max((chat.active_at for chat in self.chats), default=OLDEST)

    def window_of(self, rows: int) -> timedelta:
        """Returns the time in which so many messages are sent, if they come as they did on the average."""
        hour = _SHORTEST_WINDOW.total_seconds()
        a_second = sum(
            chat.last_seq / max((chat.active_at - chat.created_at).total_seconds(), hour) for chat in self.chats
        )
        seconds = min(rows / max(a_second, 1e-9), (self.newest - OLDEST).total_seconds())
        return max(timedelta(seconds=seconds), _SHORTEST_WINDOW)


@dataclass
class Found:
    """Hits, newest first.

    `next_key`: where the search continues, None at its end. `is_truncated`: it ended for lack of time.
    `by_windows`: the index of words is of no use for it.
    """

    hits: list[Hit] = field(default_factory=list)
    next_key: Key | None = None
    is_truncated: bool = False
    by_windows: bool = False


class _TimeIsOver(Exception):
    """A statement has reached its time limit."""


async def find_newest(
    connection: Connection,
    criteria: Criteria,
    key: Key | None,
    limit: int,
    deadline: float,
    *,
    by_windows: bool = False,
) -> Found:
    """Returns up to `limit` hits that come after a key in the order newest first.

    The newest messages are looked at one by one, until it is clear that the words are not common. Then the index of
    words is asked. Where that takes too long, windows of time follow, each one bounded in what it looks at.
    """
    search = _Search(criteria, criteria.until(key), limit, deadline)
    search.found.by_windows = by_windows or criteria.indexed is None
    if criteria.chats:
        await search.run(connection)
    return search.found


class _Search:
    """One search on its way back in time: everything newer than `before` has been looked at."""

    def __init__(self, criteria: Criteria, before: Key, limit: int, deadline: float) -> None:
        self.found = Found()
        self._criteria = criteria
        self._before = before
        self._limit = limit
        self._deadline = deadline
        self._window = criteria.window_of(2 * _FIRST_ROWS)
        self._rows = 0

    async def run(self, connection: Connection) -> None:
        """Looks until the page is full, nothing older is left, or the time is over."""
        is_over = False
        while not is_over:
            time = self._deadline - monotonic()
            asks_index = self._rows >= _FIRST_ROWS and not self.found.by_windows
            if time < 0.001:
                self.found.next_key, self.found.is_truncated = self._before, True
                return
            look, share = (self._ask_index, _SHARE_OF_INDEX) if asks_index else (self._look_at_windows, 1.0)
            try:
                async with _limited(connection, time * share):
                    is_over = await look(connection)
            except _TimeIsOver:
                # With windows the time of the whole search is over now.
                self.found.by_windows |= asks_index

    async def _ask_index(self, connection: Connection) -> bool:
        """Adds what the index of words finds. Returns True: that is all."""
        criteria, room = self._criteria, self._limit - len(self.found.hits)
        assert criteria.indexed is not None  # noqa: S101 - else it goes by windows
        other = criteria.words if criteria.words != criteria.indexed else None
        self._add(
            await crud.find(connection, criteria.chat_ids, criteria.indexed, criteria.since, self._before, room, other)
        )
        return True

    async def _look_at_windows(self, connection: Connection) -> bool:
        """Looks at windows until the index of words is to be asked. Returns True at the end of the search."""
        criteria = self._criteria
        most = max(_ROWS_AT_ONCE // len(criteria.chats), 10)
        while monotonic() < self._deadline and (self._rows < _FIRST_ROWS or self.found.by_windows):
            newest = min(self._before[0], criteria.newest)
            since = max(criteria.since, newest - self._window) if newest - OLDEST > self._window else criteria.since
            room = self._limit - len(self.found.hits)
            window_hits = await crud.find_in_window(
                connection, criteria.chat_ids, criteria.words, since, self._before, most, room
            )
            self._rows += window_hits.rows
            # The next window has about as many rows as one statement should look at.
            growth = min(max(_ROWS_AT_ONCE / 4 / max(window_hits.rows, 1), 1 / _GROWTH), _GROWTH)
            self._window = min(self._window * growth, _LONGEST_WINDOW)
            if self._add(window_hits.hits):
                return True
            if window_hits.end is None and since <= criteria.since:
                return True
            self._before = window_hits.end or (since, UUID(int=0), 0)
        return False

    def _add(self, hits: Sequence[Hit]) -> bool:
        """Adds hits to the page. Returns True if it is full."""
        self.found.hits += hits
        is_full = len(self.found.hits) >= self._limit
        if is_full:
            self.found.next_key = self.found.hits[-1].key
        return is_full


async def rank(
    connection: Connection,
    criteria: Criteria,
    hits: Sequence[Hit],
    after: tuple[int, Key] | None,
    limit: int,
    deadline: float,
) -> Sequence[tuple[int, Hit]] | None:
    """Returns the hits in the order of how well they fit, from a score and a key on. None if that takes too long."""
    if not hits:
        return ()
    time = max(deadline - monotonic(), _LEAST_FOR_RANKING)
    try:
        async with _limited(connection, time):
            return await crud.rank(connection, hits, criteria.words, after, limit)
    except _TimeIsOver:
        return None


@asynccontextmanager
async def _limited(connection: Connection, seconds: float) -> AsyncIterator[None]:
    """Limits the time of each statement of the block. Raises _TimeIsOver."""
    try:
        async with connection.transaction(readonly=True):
            await crud.limit_time(connection, max(int(seconds * 1000), 1))
            yield
    except DatabaseBusy as error:
        if isinstance(error.__cause__, asyncpg.QueryCanceledError):
            raise _TimeIsOver from error
        raise
