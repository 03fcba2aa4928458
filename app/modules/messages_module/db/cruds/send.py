"""What a batch of sends locks and reads before it is inserted, in hand-written SQL."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.citus import lock_rows
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row
from app.modules.messages_module.db.cruds.insert import NewMessage

# From `stream` alone: a joined table would be read by the snapshot from before the lock was granted.
_LOCK = "SELECT id, last_seq FROM stream WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_LOCK_FREE = f"{_LOCK} SKIP LOCKED"

_EXISTING = one_row(
    "message",
    chat_id="($1::uuid[])[given.poster + 1]",
    sender_id="($2::uuid[])[given.poster + 1]",
    client_msg_id="given.client_msg_id",
)
# A new statement has a later snapshot, so it sees everything committed under the locks before. Two kinds of rows: one
# for each sender's membership, and one for each message that is already stored, which is rare.
_FIND_SENDERS_AND_EXISTING = f"""
SELECT poster.place, c.type, c.last_seq, m.role, c.send_checks, NULL::bigint, NULL::bytea
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS poster(chat_id, sender_id, place)
JOIN chat c ON c.id = poster.chat_id AND c.deleted_at IS NULL
JOIN chat_member m ON m.chat_id = c.id AND m.account_id = poster.sender_id
UNION ALL
SELECT given.place, NULL, NULL, NULL, NULL, old.seq, old.digest
FROM unnest($3::int[], $4::uuid[]) WITH ORDINALITY AS given(poster, client_msg_id, place)
CROSS JOIN LATERAL {_EXISTING} old
"""  # noqa: S608 - constants only

_LIST_STORED = f"""
SELECT new.id FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS new(chat_id, seq, id)
CROSS JOIN LATERAL {one_row("message", chat_id="new.chat_id", seq="new.seq")} m WHERE m.id = new.id
"""  # noqa: S608 - constants only


class SenderMembership(NamedTuple):
    """The sender's membership in a chat. `last_seq` is the number of the chat's last message."""

    chat_type: str
    role: str
    last_seq: int
    checks: Sequence[str] | None


async def lock_chat_streams(connection: DatabaseConnection, chat_ids: Sequence[UUID], *, wait: bool) -> dict[UUID, int]:
    """Locks the streams' rows, so that commit order and number order are the same. Returns the heads of these.

    With `wait`, all streams that exist are locked. Without it, those that another transaction has locked are skipped.
    """
    rows = await lock_rows(connection, _LOCK if wait else _LOCK_FREE, chat_ids)
    return {row["id"]: row["last_seq"] for row in rows}


async def find_senders_and_existing(
    connection: DatabaseConnection,
    posters: Sequence[tuple[UUID, UUID]],
    places: Sequence[int],
    client_msg_ids: Sequence[UUID | None],
) -> tuple[dict[int, SenderMembership], dict[int, tuple[int, bytes]]]:
    """Returns memberships and messages that are already stored.

    The first mapping has the sender's membership by the index in `posters`; non-members are missing. The second has the
    number and the digest by the index in `places`, for each message whose `client_msg_id` its sender has used before.
    """
    rows = await connection.fetch(
        _FIND_SENDERS_AND_EXISTING,
        [chat_id for chat_id, _ in posters],
        [sender_id for _, sender_id in posters],
        places,
        client_msg_ids,
    )
    memberships: dict[int, SenderMembership] = {}
    existing: dict[int, tuple[int, bytes]] = {}
    for place, chat_type, last_seq, role, checks, old_seq, old_digest in rows:
        if old_seq is None:
            memberships[place - 1] = SenderMembership(chat_type, role, last_seq, checks)
        else:
            existing[place - 1] = old_seq, old_digest
    return memberships, existing


async def list_stored(connection: DatabaseConnection, messages: Sequence[NewMessage]) -> set[str]:
    """Returns the ids of those messages that are stored."""
    rows = await connection.fetch(
        _LIST_STORED,
        [message.chat_id for message in messages],
        [message.seq for message in messages],
        [message.id for message in messages],
    )
    return {str(row["id"]) for row in rows}
