"""Brings the index up to date with messages as they are now, under the subscriber's lock of their chat."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection
from app.modules.search_module.db.cruds import index as crud
from app.modules.search_module.db.cruds.index import IndexRow, NewRange, NewRow, Range
from app.modules.search_module.services import metrics
from app.modules.search_module.services.lexemes import flag_lexeme, sender_lexeme, write_tsvector
from app.modules.streams_module.extension import Event

FORM = "4"
"""The form of the lexemes. Change it together with how they are made: the index is then built again."""
MESSAGES_AT_ONCE = 500
_WRITTEN_AT_ONCE = 25_000
"""Characters of tsvectors in one statement. The computing before it takes milliseconds, while nothing else runs in this
process.
"""

_LINK = re.compile(r"(?<![A-Za-z0-9])(?:https?://|www\.)\w", re.IGNORECASE)
_MENTIONS = ("mention", "mention_all")


async def index_new(connection: Connection, table: str, events: Sequence[Event]) -> set[UUID]:
    """Adds messages by the events of their creation. These have all that is indexed, so no message is read.

    For events that still have their text, grouped by chat. An edit is in a later event. Returns the chats of which the
    index may have some of the messages already: nothing of these is added.
    """
    by_chat = {chat_id: list(of_chat) for chat_id, of_chat in groupby(events, attrgetter("stream_id"))}
    chats = await crud.list_live_chats(connection, table, [_range_of(*item) for item in by_chat.items()])
    new = [chat_id for chat_id, is_indexed in chats.items() if not is_indexed]
    rows: list[NewRow] = []
    size = 0
    for place, chat_id in enumerate(new, 1):
        for event in by_chat[chat_id]:
            message = event.data
            tsv = write_tsvector(message["text"], _extra_of_new(message))
            rows.append((place, message["created_at"], message["seq"], event.seq, tsv))
            size += len(tsv)
            if size > _WRITTEN_AT_ONCE:
                await _add(connection, table, new, rows)
                rows, size = [], 0
    await _add(connection, table, new, rows)
    return chats.keys() - new


def _range_of(chat_id: UUID, events: Sequence[Event]) -> NewRange:
    # Without the Z, texts are in the order of their times, with and without a fraction of a second.
    times = {event.data["created_at"][:-1] for event in events}
    seqs = [event.data["seq"] for event in events]
    return chat_id, f"{min(times)}Z", f"{max(times)}Z", min(seqs), max(seqs)


async def index_messages(connection: Connection, table: str, ranges: Sequence[Range]) -> None:
    """Brings messages up to date."""
    messages = await crud.list_stale(connection, table, ranges)
    gone = [(row["chat_id"], row["created_at"], row["seq"]) for row in messages if row["deleted_at"] is not None]
    if gone:
        await crud.remove(connection, table, gone)
    new: list[IndexRow] = []
    size = 0
    for row in messages:
        if row["deleted_at"] is None:
            tsv = write_tsvector(row["text"], _extra(row))
            new.append(IndexRow(row["chat_id"], row["created_at"], row["seq"], row["revision"], tsv))
            size += len(tsv)
        if size > _WRITTEN_AT_ONCE:
            await _write(connection, table, new)
            new, size = [], 0
    await _write(connection, table, new)


async def _add(connection: Connection, table: str, chat_ids: Sequence[UUID], rows: Sequence[NewRow]) -> None:
    if rows:
        await crud.add(connection, table, chat_ids, rows)
        metrics.INDEXED.inc(len(rows))


async def _write(connection: Connection, table: str, rows: Sequence[IndexRow]) -> None:
    if rows:
        await crud.write(connection, table, rows)
        metrics.INDEXED.inc(len(rows))


def _extra(message: Any) -> list[str]:
    """Returns the lexemes beside the words."""
    return _lexemes(sender_lexeme(message["sender_id"]), message["text"], message["has_mention"], message["has_file"])


def _extra_of_new(message: Mapping[str, Any]) -> list[str]:
    entities = message.get("entities")
    has_mention = entities and any(entity["type"] in _MENTIONS for entity in entities)
    return _lexemes(_sender_lexeme(message["sender_id"]), message["text"], has_mention, message.get("attachments"))


@lru_cache(maxsize=20_000)
def _sender_lexeme(account_id: str) -> str:
    return sender_lexeme(UUID(account_id))


def _lexemes(sender: str, text: str, has_mention: object, has_file: object) -> list[str]:
    lexemes = [sender]
    if ("://" in text or ("." in text and "www." in text.lower())) and _LINK.search(text):
        lexemes.append(flag_lexeme("link"))
    if has_mention:
        lexemes.append(flag_lexeme("mention"))
    if has_file:
        lexemes.append(flag_lexeme("file"))
    return lexemes
