"""The list of the messages that mention an account."""

from datetime import UTC, datetime
from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.modules.base_module.schemas import Moment, Position
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.entities_module import db
from app.modules.messages_module.services.views import MessageViews, dump
from app.resources.constants import MAX_BIGINT

_FIRST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1), MAX_BIGINT)
"""A key before which all mentions are."""


async def list_mentions(
    connection: Connection, views: MessageViews, viewer: UUID, cursor: str | None, limit: int, *, unread: bool
) -> bytes:
    """Returns a page of messages that mention the viewer as JSON, the newest mention first."""
    before = decode_cursor(cursor, tuple[Moment, UUID, Position], of="mentions") if cursor else _FIRST
    found = await db.list_mentions(connection, viewer, before, limit + 1, unread=unread)
    shown = found[:limit]
    keys = [(mention.chat_id, mention.seq, None) for mention in shown]
    messages = await views.list_found(connection, viewer, keys)
    items = [
        {
            "message": orjson.Fragment(messages[mention.chat_id, mention.seq]),
            "mentioned_at": mention.mentioned_at,
            "is_unread": mention.is_unread,
        }
        for mention in shown
        # A message may have been deleted since the first query.
        if (mention.chat_id, mention.seq) in messages
    ]
    next_cursor = None
    if len(found) > limit:
        last = shown[-1]
        next_cursor = encode_cursor(last.mentioned_at, str(last.chat_id), last.seq, of="mentions")
    return dump({"items": items, "next_cursor": next_cursor})
