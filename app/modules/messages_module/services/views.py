"""Messages as JSON."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.modules.messages_module.db.cruds import history as crud
from app.modules.messages_module.errors import MessageNotFound
from app.modules.streams_module.services.log import Executor


async def describe(connection: Executor, viewer: UUID | None, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Messages as the viewer sees them; for nobody in particular (an event) without `mine`."""
    reacted = [(row["chat_id"], row["seq"]) for row in rows if row["reaction_count"]]
    reactions: dict[tuple[UUID, int], list[dict[str, Any]]] = defaultdict(list)
    for row in await crud.list_reactions(connection, viewer or UUID(int=0), reacted) if reacted else ():
        reaction = {"emoji": row["emoji"], "count": row["count"]}
        if viewer is not None:
            reaction["mine"] = row["mine"]
        reactions[row["chat_id"], row["seq"]].append(reaction)
    return [_message(row, reactions.get((row["chat_id"], row["seq"]), [])) for row in rows]


async def view_message(connection: Executor, viewer: UUID, chat_id: UUID, seq: int) -> bytes:
    rows = await crud.list_range(connection, chat_id, seq, seq)
    if not rows:
        raise MessageNotFound
    return dump((await describe(connection, viewer, rows))[0])


async def view_history(
    connection: Executor,
    viewer: UUID,
    chat_id: UUID,
    last_seq: int,
    *,
    before_seq: int | None = None,
    after_seq: int | None = None,
    around_seq: int | None = None,
    limit: int,
) -> bytes:
    """A page of a chat whose newest message is `last_seq`; with no position given, the newest page."""
    first, last = choose_range(last_seq, before_seq=before_seq, after_seq=after_seq, around_seq=around_seq, limit=limit)
    rows = await crud.list_range(connection, chat_id, first, last) if first <= last else []
    return dump(
        {
            "items": await describe(connection, viewer, rows),
            "has_before": first > 1,
            "has_after": last < last_seq,
        }
    )


def choose_range(
    last_seq: int, *, before_seq: int | None, after_seq: int | None, around_seq: int | None, limit: int
) -> tuple[int, int]:
    """First and last number of a page within 1..last_seq. An empty page has the first behind the last."""
    if after_seq is not None:
        first = min(after_seq, last_seq) + 1
        return first, min(first + limit - 1, last_seq)
    if around_seq is not None:
        centre = min(max(around_seq, 1), last_seq)
        first = max(min(centre - limit // 2, last_seq - limit + 1), 1)
        return first, min(first + limit - 1, last_seq)
    last = last_seq if before_seq is None else min(max(before_seq - 1, 0), last_seq)
    return max(last - limit + 1, 1), last


def dump(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)


def _message(row: Any, reactions: list[dict[str, Any]]) -> dict[str, Any]:
    message = dict(row)
    del message["reaction_count"]
    message["reactions"] = reactions
    return message
