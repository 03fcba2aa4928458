"""Messages as JSON."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.modules.chats_module.errors import ChatNotFound
from app.modules.messages_module.db.cruds import history as crud
from app.modules.messages_module.db.cruds.history import Side
from app.modules.messages_module.errors import MessageNotFound
from app.modules.streams_module.services.log import Executor

_BEYOND = 2**62
"""Behind every message, with room to add a limit to."""


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
    *,
    before_seq: int | None = None,
    after_seq: int | None = None,
    around_seq: int | None = None,
    limit: int,
) -> bytes:
    """A page of a chat; with no position given, the newest one. Raises ChatNotFound for whoever is not in it."""
    if after_seq is not None:
        side, position = Side.AFTER, min(after_seq, _BEYOND)
    elif around_seq is not None:
        side, position = Side.AROUND, around_seq
    else:
        side, position = Side.BEFORE, _BEYOND if before_seq is None else before_seq
    rows = await crud.list_page(connection, chat_id, viewer, side, position, limit)
    if not rows:
        raise ChatNotFound
    head = rows[0]["head"]
    if rows[0]["seq"] is None:
        # Nothing stands there: everything lies on the other side of the position.
        has_before, has_after, rows = side is Side.AFTER and head > 0, side is Side.BEFORE and head > 0, []
    else:
        has_before, has_after = rows[0]["seq"] > 1, rows[-1]["seq"] < head
    items = await describe(connection, viewer, rows)
    for item in items:
        del item["head"]
    return dump({"items": items, "has_before": has_before, "has_after": has_after})


def dump(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)


def _message(row: Any, reactions: list[dict[str, Any]]) -> dict[str, Any]:
    message = dict(row)
    del message["reaction_count"]
    message["reactions"] = reactions
    return message
