"""Edits and deletes messages, in hand-written SQL, under the lock of the chat's stream.

The JSON of the messages' events is changed in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row

_FIND = f"""
SELECT chat_id, seq, client_msg_id, sender_id, text, reply_to_seq, parts, created_at, edited_at, deleted_at, event_seqs
FROM {one_row("message", chat_id="$1", seq="$2")} m
"""  # noqa: S608 - constants only
_IS_IN_DELETED_CHAT = "SELECT EXISTS (SELECT FROM chat WHERE id = $1 AND deleted_at IS NOT NULL)"
_EDIT = """
UPDATE message SET text = $3, parts = convert_from($4::bytea, 'UTF8')::json, edited_at = coalesce($5, edited_at),
    event_seqs = $6
WHERE chat_id = $1 AND seq = $2
"""
_DELETE = """
UPDATE message SET text = '', parts = convert_from($3::bytea, 'UTF8')::json, deleted_at = $4, reaction_count = 0,
    reaction_totals = NULL, event_seqs = '{}'
WHERE chat_id = $1 AND seq = $2
"""
_DELETE_REACTIONS = "DELETE FROM reaction WHERE chat_id = $1 AND seq = $2"
# Numbers and kinds stay, only the content changes. Events that former members may read get no content. If $6 is null,
# no field is removed.
_REPLACE = """
UPDATE event
SET data = (data::jsonb - ARRAY(SELECT name FROM jsonb_object_keys(data::jsonb) name WHERE name <> ALL ($6::text[]))
    || convert_from(CASE WHEN seq > $5 THEN $3::bytea ELSE $4::bytea END, 'UTF8')::jsonb)::json
WHERE stream_id = $1 AND seq = ANY($2)
"""


async def find_message(connection: DatabaseConnection, chat_id: UUID, seq: int) -> Any | None:
    rows = await connection.fetch(_FIND, chat_id, seq)
    return rows[0] if rows else None


async def is_in_deleted_chat(connection: DatabaseConnection, chat_id: UUID) -> bool:
    """Returns True while the rows of a deleted chat are being deleted."""
    return bool(await connection.fetchval(_IS_IN_DELETED_CHAT, chat_id))


async def edit_message(
    connection: DatabaseConnection,
    chat_id: UUID,
    seq: int,
    text: str,
    parts: bytes | None,
    edited_at: datetime | None,
    event_seqs: Sequence[int],
) -> None:
    """Changes text and parts. `event_seqs`: events that now hold them. `edited_at` None: not shown as an edit."""
    await connection.execute(_EDIT, chat_id, seq, text, parts, edited_at, event_seqs)


async def delete_message(
    connection: DatabaseConnection, chat_id: UUID, seq: int, parts: bytes | None, at: datetime
) -> None:
    """Empties a message and removes its reactions. The row, its number and the given parts stay."""
    await connection.execute(_DELETE, chat_id, seq, parts, at)
    await connection.execute(_DELETE_REACTIONS, chat_id, seq)


async def replace_in_events(
    connection: DatabaseConnection,
    chat_id: UUID,
    event_seqs: Sequence[int],
    shown: bytes,
    blank: bytes,
    *,
    blank_until: int,
    only: Sequence[str] | None,
) -> None:
    """Writes the JSON `shown` into a message's events, and `blank` into those up to `blank_until`.

    `only`: other fields are removed from the events.
    """
    await connection.execute(_REPLACE, chat_id, event_seqs, shown, blank, blank_until, only)
