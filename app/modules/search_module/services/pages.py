"""Pages of hits, and their cursors: newest first, or those that fit best first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import Field

from app.adapters.db.connection import Connection
from app.modules.base_module.schemas import Moment
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.search_module.db.cruds.search import Hit, Key
from app.modules.search_module.services.search import OLDEST, RANKED, Criteria, find_newest, rank
from app.resources.constants import MAX_BIGINT

_Seq = Annotated[int, Field(ge=0, le=MAX_BIGINT)]
_BEST = 2**31 - 1
_Score = Annotated[int, Field(ge=0, le=_BEST)]
_END: Key = (OLDEST, UUID(int=0), 0)
"""The key before which there is nothing."""


@dataclass(frozen=True)
class HitPage:
    """Hits in their order. `is_truncated`: the search ended for lack of time."""

    hits: Sequence[Hit]
    next_cursor: str | None
    is_truncated: bool = False


class NewestFirst:
    """Pages in the order of time. A place is the key of the last hit, and whether the index of words was too slow."""

    @staticmethod
    def read(cursor: str | None) -> tuple[Key | None, bool]:
        """Returns the place of a cursor. Raises ValidationFailed."""
        if cursor is None:
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
        next_key = found.next_key
        if len(found.hits) > limit:
            next_key = found.hits[limit - 1].key
        next_cursor = encode_cursor(*next_key, found.by_windows, of="search") if next_key else None
        return HitPage(found.hits[:limit], next_cursor, found.is_truncated)


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
        if cursor is None:
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
        shown = [hit for _, hit in ranked[:limit]]
        if len(ranked) > limit:
            next_cursor: str | None = _encode(top, bottom, ranked[limit - 1][0], shown[-1].key)
        else:
            next_cursor = _encode_next(bottom)
        return HitPage(shown, next_cursor, found.is_truncated)


def _unranked(hits: Sequence[Hit], limit: int, bottom: Key) -> HitPage:
    """Returns the newest hits, because it would take too long to rank them. The next page ranks those before them."""
    is_full = len(hits) > limit
    return HitPage(hits[:limit], _encode_next(hits[limit - 1].key if is_full else bottom), is_truncated=True)


def _encode(top: Key, bottom: Key, score: int, last: Key) -> str:
    return encode_cursor(*top, *bottom, score, *last, of="search relevant")


def _encode_next(bottom: Key) -> str | None:
    """Returns the cursor for the hits before a key: an empty range, of which the next page finds the lower end."""
    return _encode(bottom, bottom, _BEST, bottom) if bottom != _END else None
