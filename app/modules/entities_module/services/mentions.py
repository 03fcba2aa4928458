"""The list of the messages that mention an account."""

from datetime import UTC, datetime
from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.modules.base_module.schemas import Moment, Position
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.entities_module import db
from app.modules.messages_module.services.views import MessageViews
from app.resources.constants import MAX_BIGINT
from app.utils.json_form import to_json

_FIRST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1), MAX_BIGINT)
"""A key before which all mentions are."""


async def list_mentions(
    connection: Connection, views: MessageViews, viewer: UUID, cursor: str | None, limit: int, *, unread: bool
) -> bytes:
    """Returns a page of messages that mention the viewer as JSON, the newest mention first.

    It may have fewer messages than `limit`, or none, and still a cursor.
    """
    before = decode_cursor(cursor, tuple[Moment, UUID, Position], of="mentions") if cursor else _FIRST
    found, end = await db.list_mentions(connection, viewer, before, limit + 1, unread=unread)
    shown = found[:limit]
    keys = [(mention.chat_id, mention.seq, None) for mention in shown]
    messages, count = await views.list_found(connection, viewer, keys)
    shown = shown[:count]
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
    if len(found) > len(shown):
        end = shown[-1].mentioned_at, shown[-1].chat_id, shown[-1].seq
    next_cursor = encode_cursor(*end, of="mentions") if end else None
    return to_json({"items": items, "next_cursor": next_cursor})
