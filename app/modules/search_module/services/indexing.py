"""Bringing the index up to date with messages as they are now, under the subscriber's lock of their chat."""

import re
from collections.abc import Sequence
from typing import Any

from app.adapters.db.connection import Connection
from app.modules.search_module.db.cruds import index as crud
from app.modules.search_module.db.cruds.index import IndexRow, Range
from app.modules.search_module.services import metrics
from app.modules.search_module.services.lexemes import flag_lexeme, sender_lexeme, write_tsvector

FORM = "2"
"""Of the lexemes. A change of how they are made comes with a new one: the index is then built anew."""
MESSAGES_AT_ONCE = 500
_WRITTEN_AT_ONCE = 50_000
"""Characters of tsvectors in one statement: it takes hundredths of a second, and so does the computing before it, while
nothing else runs in this process.
"""

_LINK = re.compile(r"\b(?:https?://|www\.)\w", re.IGNORECASE)


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


async def _write(connection: Connection, table: str, rows: Sequence[IndexRow]) -> None:
    if rows:
        await crud.write(connection, table, rows)
        metrics.INDEXED.inc(len(rows))


def _extra(message: Any) -> list[str]:
    """Returns the lexemes beside the words."""
    lexemes = [sender_lexeme(message["sender_id"])]
    if _LINK.search(message["text"]):
        lexemes.append(flag_lexeme("link"))
    if message["has_mention"]:
        lexemes.append(flag_lexeme("mention"))
    if message["has_file"]:
        lexemes.append(flag_lexeme("file"))
    return lexemes
