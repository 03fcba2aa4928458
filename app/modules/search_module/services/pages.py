"""Pages of hits, and their cursors: newest first, or those that fit best first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import Field

from app.adapters.db.connection import Connection
from app.modules.base_module.schemas import Moment
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.search_module.db.cruds.search import Hit, Key
from app.modules.search_module.services.hits import OLDEST, RANKED, Criteria, find_newest, rank
from app.resources.constants import MAX_BIGINT

_Seq = Annotated[int, Field(ge=0, le=MAX_BIGINT)]
_BEST = 2**31 - 1
_Score = Annotated[int, Field(ge=0, le=_BEST)]
_END: Key = (OLDEST, UUID(int=0), 0)
"""The key before which there is nothing."""


@dataclass(frozen=True)
class HitPage:
    """Hits in their order. `is_truncated`: the search ended for lack of time.

    `cursor_after` returns the cursor for the hits that follow the one with this place on the page.
    """

    hits: Sequence[Hit]
    next_cursor: str | None
    is_truncated: bool = False
    cursor_after: Callable[[int], str | None] = lambda _: None

    def cut(self, count: int) -> "HitPage":
        """Returns the page up to so many hits. The others are on the next one."""
        if count >= len(self.hits):
            return self
        return replace(self, hits=self.hits[:count], next_cursor=self.cursor_after(count - 1))


class NewestFirst:
    """Pages in the order of time. A place is the key of the last hit, and True if the index of words was too slow."""

    @staticmethod
    def read(cursor: str | None) -> tuple[Key | None, bool]:
        """Returns the place of a cursor. Raises ValidationFailed."""
        if not cursor:
            return None, False
        at, chat_id, seq, by_windows = decode_cursor(cursor, tuple[Moment, UUID, _Seq, bool], of="search")
        return (at, chat_id, seq), by_windows

    @staticmethod
    async def find(
        connection: Connection, criteria: Criteria, limit: int, place: tuple[Key | None, bool], deadline: float
    ) -> HitPage:
        """Returns the page after a place."""
        key, by_windows = place
        found = await find_newest(connection, criteria, key, limit + 1, deadline, by_windows=by_windows)

        def encode(key: Key) -> str:
            return encode_cursor(*key, found.by_windows, of="search")

        next_cursor = encode(found.next_key) if found.next_key else None
        page = HitPage(found.hits, next_cursor, found.is_truncated, lambda place: encode(found.hits[place].key))
        return page.cut(limit)


class _RelevantPlace(NamedTuple):
    """A place in hits that are ranked together: those before `top`, down to `bottom`. `after`: the last one shown."""

    top: Key
    bottom: Key | None = None
    after: tuple[int, Key] | None = None


class BestFirst:
    """Pages of the newest RANKED hits by how well they fit; after those come the hits before them, and so on.

    A cursor has both ends of the hits that are ranked together, so each of their pages ranks the same ones.
    """

    @staticmethod
    def read(cursor: str | None) -> _RelevantPlace | None:
        """Returns the place of a cursor. Raises ValidationFailed."""
        if not cursor:
            return None
        values = decode_cursor(
            cursor, tuple[Moment, UUID, _Seq, Moment, UUID, _Seq, _Score, Moment, UUID, _Seq], of="search relevant"
        )
        top, bottom, score, last = values[:3], values[3:6], values[6], values[7:]
        return _RelevantPlace(top) if bottom == top else _RelevantPlace(top, bottom, (score, last))

    @staticmethod
    async def find(
        connection: Connection, criteria: Criteria, limit: int, place: _RelevantPlace | None, deadline: float
    ) -> HitPage:
        """Returns the page after a place."""
        if place is None:
            place = _RelevantPlace(criteria.until((datetime.now(UTC), UUID(int=2**128 - 1), MAX_BIGINT)))
        top, bottom, after = place
        if bottom is not None:
            criteria = replace(criteria, after=max(criteria.since, bottom[0]))
        found = await find_newest(connection, criteria, top, RANKED + 1, deadline)
        hits = found.hits[:RANKED]
        if bottom is not None:
            hits = [hit for hit in hits if hit.key >= bottom]
        else:
            bottom = (hits[-1].key if len(found.hits) > RANKED else found.next_key) or _END
        ranked = None
        if after is None or not found.is_truncated:
            ranked = await rank(connection, criteria, hits, after, limit + 1, deadline)
        if ranked is None and after is not None:
            # The same page again: only the order of all the hits says which of them were not shown yet.
            return HitPage([], _encode(top, bottom, *after), is_truncated=True)
        if ranked is None:
            return _unranked(hits, limit, bottom)
        scores, shown = [score for score, _ in ranked], [hit for _, hit in ranked]

        def cursor_after(place: int) -> str:
            return _encode(top, bottom, scores[place], shown[place].key)

        return HitPage(shown, _encode_next(bottom), found.is_truncated, cursor_after).cut(limit)


def _unranked(hits: Sequence[Hit], limit: int, bottom: Key) -> HitPage:
    """Returns the newest hits, because it would take too long to rank them. The next page ranks those before them."""
    page = HitPage(hits, _encode_next(bottom), True, lambda place: _encode_next(hits[place].key))
    return page.cut(limit)


def _encode(top: Key, bottom: Key, score: int, last: Key) -> str:
    return encode_cursor(*top, *bottom, score, *last, of="search relevant")


def _encode_next(bottom: Key) -> str | None:
    """Returns the cursor for the hits before a key: an empty range, of which the next page finds the lower end."""
    return _encode(bottom, bottom, _BEST, bottom) if bottom != _END else None
