"""Reads the messages of a mail as they are when it is sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row

_LIST_SHOWN = f"""
SELECT c.type, c.title, m.seq, s.display_name AS sender, m.text, m.created_at, m.parts
FROM chat c CROSS JOIN LATERAL {one_row("chat_member", chat_id="c.id", account_id="$2")} r
CROSS JOIN unnest($3::bigint[]) AS asked(seq)
CROSS JOIN LATERAL {one_row("message", chat_id="c.id", seq="asked.seq")} m
CROSS JOIN LATERAL {one_row("account", id="m.sender_id")} s
WHERE c.id = $1 AND c.deleted_at IS NULL AND m.deleted_at IS NULL AND m.seq > r.read_seq ORDER BY m.seq
"""  # noqa: S608 - constants only


class ShownMessage(NamedTuple):
    """A message in a mail, with the stored values of its parts."""

    chat_type: str
    title: str | None
    seq: int
    sender: str
    text: str
    created_at: datetime
    parts: Mapping[str, Any] | None


async def list_shown(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, seqs: Sequence[int]
) -> list[ShownMessage]:
    """Returns those of the messages that the account has not read, none if it is no longer a member of the chat."""
    rows = await connection.fetch(_LIST_SHOWN, chat_id, account_id, list(seqs))
    return [ShownMessage(*row) for row in rows]
