"""The three statements of a batch of sends, in hand-written SQL. This is the hottest path of the server."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row

DIGEST_SIZE = 16
"""Bytes of the digest of a send."""

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

# Parameters: $1 to $5 are those of a _Poster. $6 is the time. $7 to $15, of each message in the order of the batch:
# index of its poster, its event, its columns. $16 to $20, of each chat: its id, its two heads, who sent last, newest
# number of the others. The driver checks each item of an array in Python, so what messages have in common is sent once,
# and all digests are one value.
# `counted` before its use: rows are locked in the order chat, member, as by other changes of a read position.
_INSERT = f"""
WITH appended AS (
    INSERT INTO event (stream_id, seq, kind, data, at)
    SELECT ($1::uuid[])[new.poster], ($4::bigint[])[new.poster] + new.place, 'message.created',
           convert_from(new.event, 'UTF8')::json, $6
    FROM unnest($7::int[], $8::bytea[]) WITH ORDINALITY AS new(poster, event, place)
), sent AS (
    INSERT INTO message (chat_id, seq, id, client_msg_id, sender_id, type, text, reply_to_seq, digest, created_at,
                         event_seqs, parts)
    SELECT ($1::uuid[])[new.poster], ($3::bigint[])[new.poster] + new.place, new.id, new.client_msg_id,
           ($2::uuid[])[new.poster], 'text', new.text, new.reply_to_seq,
           substring($13::bytea FROM (new.place - 1)::int * {DIGEST_SIZE} + 1 FOR {DIGEST_SIZE}), coalesce(new.at, $6),
           ARRAY[($4::bigint[])[new.poster] + new.place], convert_from(new.parts, 'UTF8')::json
    FROM unnest($7::int[], $9::uuid[], $10::uuid[], $11::text[], $12::bigint[], $14::bytea[], $15::timestamptz[])
         WITH ORDINALITY AS new(poster, id, client_msg_id, text, reply_to_seq, parts, at, place)
), moved AS (
    UPDATE stream SET last_seq = now.event_seq
    FROM unnest($16::uuid[], $18::bigint[]) AS now(chat_id, event_seq)
    WHERE id = now.chat_id
), counted AS (
    UPDATE chat SET
        last_seq = now.last_seq,
        active_at = $6,
        runner_up_read_seq = greatest(
            now.runner_up,
            CASE WHEN furthest_reader_id = now.sender_id THEN runner_up_read_seq ELSE furthest_read_seq END
        ),
        furthest_read_seq = now.last_seq,
        furthest_reader_id = now.sender_id
    FROM unnest($16::uuid[], $17::bigint[], $19::uuid[], $20::bigint[]) AS now(chat_id, last_seq, sender_id, runner_up)
    WHERE id = now.chat_id
    RETURNING id
)
UPDATE chat_member m SET read_seq = reader.seq
FROM counted, unnest($1::uuid[], $2::uuid[], $5::bigint[]) AS reader(chat_id, account_id, seq)
WHERE m.chat_id = counted.id AND m.chat_id = reader.chat_id AND m.account_id = reader.account_id
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


class NewMessage(NamedTuple):
    """A message with its numbers, ready to be inserted. `event` is its JSON. Without `at` it is created now."""

    chat_id: UUID
    seq: int
    event_seq: int
    id: str
    client_msg_id: UUID | None
    sender_id: UUID
    text: str
    reply_to_seq: int | None
    digest: bytes
    parts: bytes | None
    at: datetime | None
    event: bytes


class _Poster(NamedTuple):
    """A sender in one chat. The numbers of its messages are `..._before` plus their places in the batch, from 1."""

    chat_id: UUID
    sender_id: UUID
    seq_before: int
    event_seq_before: int
    newest_seq: int


async def lock_chat_streams(connection: DatabaseConnection, chat_ids: Sequence[UUID], *, wait: bool) -> dict[UUID, int]:
    """Locks the streams' rows, so that commit order and number order are the same. Returns the heads of these.

    With `wait`, all streams that exist are locked. Without it, those that another transaction has locked are skipped.
    """
    rows = await connection.fetch(_LOCK if wait else _LOCK_FREE, chat_ids)
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


async def insert_messages(
    connection: DatabaseConnection, by_chat: Mapping[UUID, Sequence[NewMessage]], at: datetime
) -> None:
    """Inserts messages and their events and updates all counters, in one statement.

    The streams of the chats must be locked. In each chat, messages and events are numbered in the given order, without
    gaps after the last number.
    """
    posters: list[_Poster] = []
    indices: list[int] = []
    runners_up: list[int] = []
    for messages in by_chat.values():
        first, last, place = messages[0], messages[-1], len(indices) + 1
        # The newest message of each sender. By integers, because the hash of a UUID is a Python call.
        newest = {message.sender_id.int: message for message in messages}
        index_of = {sender: index for index, sender in enumerate(newest, len(posters) + 1)}
        indices += [index_of[message.sender_id.int] for message in messages]
        posters += [
            _Poster(first.chat_id, message.sender_id, first.seq - place, first.event_seq - place, message.seq)
            for message in newest.values()
        ]
        del newest[last.sender_id.int]
        runners_up.append(max((message.seq for message in newest.values()), default=0))
    _, _, _, ids, client_msg_ids, _, texts, reply_to_seqs, digests, parts, times, events = zip(
        *chain.from_iterable(by_chat.values()), strict=True
    )
    last_of = [messages[-1] for messages in by_chat.values()]
    await connection.execute(
        _INSERT,
        *zip(*posters, strict=True),
        at,
        indices,
        events,
        ids,
        _or_null(client_msg_ids),
        texts,
        _or_null(reply_to_seqs),
        b"".join(digests),
        _or_null(parts),
        _or_null(times),
        list(by_chat),
        [last.seq for last in last_of],
        [last.event_seq for last in last_of],
        [last.sender_id for last in last_of],
        runners_up,
    )


def _or_null(column: Sequence[object]) -> Sequence[object] | None:
    """Returns None if all values are None, otherwise the column: the driver checks each array item in Python."""
    return None if column[0] is None and column.count(None) == len(column) else column


async def list_stored(connection: DatabaseConnection, messages: Sequence[NewMessage]) -> set[str]:
    """Returns the ids of those messages that are stored."""
    rows = await connection.fetch(
        _LIST_STORED,
        [message.chat_id for message in messages],
        [message.seq for message in messages],
        [message.id for message in messages],
    )
    return {str(row["id"]) for row in rows}
