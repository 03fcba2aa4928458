"""The statement that inserts a batch of sends, in hand-written SQL. This is the hottest path of the server."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.citus import has_citus
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import affected, one_row

DIGEST_SIZE = 16
"""Bytes of the digest of a send."""

# Parameters: $1 to $5 are those of a _Poster. $6 is the time. $7 to $15, of each message in the order of the batch:
# index of its poster, its event, its columns. $16 to $20, of each chat: its id, its two heads, who sent last, newest
# number of the others. The driver checks each item of an array in Python, so what messages have in common is sent once,
# and all digests are one value.
# `counted` before its use: rows are locked in the order chat, member, as by other changes of a read position.
_WRITE = """
WITH {before}appended AS (
    INSERT INTO event (stream_id, seq, kind, data, at)
    SELECT ($1::uuid[])[new.poster], ($4::bigint[])[new.poster] + new.place, 'message.created',
           convert_from(new.event, 'UTF8')::json, $6
    FROM {condition}unnest($7::int[], $8::bytea[]) WITH ORDINALITY AS new(poster, event, place)
), sent AS (
    INSERT INTO message (chat_id, seq, id, client_msg_id, sender_id, type, text, reply_to_seq, digest, created_at,
                         event_seqs, parts)
    SELECT ($1::uuid[])[new.poster], ($3::bigint[])[new.poster] + new.place, new.id, new.client_msg_id,
           ($2::uuid[])[new.poster], 'text', new.text, new.reply_to_seq,
           substring($13::bytea FROM (new.place - 1)::int * {digest} + 1 FOR {digest}), coalesce(new.at, $6),
           ARRAY[($4::bigint[])[new.poster] + new.place], convert_from(new.parts, 'UTF8')::json
    FROM {condition}
         unnest($7::int[], $9::uuid[], $10::uuid[], $11::text[], $12::bigint[], $14::bytea[], $15::timestamptz[])
         WITH ORDINALITY AS new(poster, id, client_msg_id, text, reply_to_seq, parts, at, place)
), moved AS (
    UPDATE stream SET last_seq = now.event_seq
    FROM {condition}unnest($16::uuid[], $18::bigint[]) AS now(chat_id, event_seq)
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
    FROM {condition}
         unnest($16::uuid[], $17::bigint[], $19::uuid[], $20::bigint[]) AS now(chat_id, last_seq, sender_id, runner_up)
    WHERE id = now.chat_id
    RETURNING id
)
UPDATE chat_member m SET read_seq = reader.seq
FROM counted, unnest($1::uuid[], $2::uuid[], $5::bigint[]) AS reader(chat_id, account_id, seq)
WHERE m.chat_id = counted.id AND m.chat_id = reader.chat_id AND m.account_id = reader.account_id
"""
_INSERT = _WRITE.format(before="", condition="", digest=DIGEST_SIZE)
# Citus asks only the nodes of these chats.
_INSERT_WITH_CITUS = _INSERT.replace(
    "WHERE id = now.chat_id", "WHERE id = now.chat_id AND id = ANY($16::uuid[])"
).replace("WHERE m.chat_id = counted.id", "WHERE m.chat_id = counted.id AND m.chat_id = ANY($16::uuid[])")

_OLD = one_row(
    "message",
    chat_id="($1::uuid[])[given.poster]",
    sender_id="($2::uuid[])[given.poster]",
    client_msg_id="given.client_msg_id",
)
_MEMBER = one_row("chat_member", chat_id="poster.chat_id", account_id="poster.sender_id")
# $21 and $22, of each chat: its two heads before. $23: the type of each poster's chat. $24: types and roles that may
# send.
_TAILS = """unnest($16::uuid[], $21::bigint[], $22::bigint[]) AS tail(chat_id, event_seq, last_seq)
    JOIN stream s ON s.id = tail.chat_id AND s.last_seq = tail.event_seq
    JOIN chat c ON c.id = s.id AND c.last_seq = tail.last_seq AND c.deleted_at IS NULL AND c.send_checks IS NULL"""
# What differs in the snapshot locks nothing: a lock would be written and flushed. The row of a chat comes first, since
# a read position holds it up more often. A row that another transaction has changed since is compared again when it is
# locked, in its newest version. What else is read is changed only together with the head of the stream.
_AS_KNOWN = f"""checked AS MATERIALIZED (
    SELECT true WHERE cardinality($16::uuid[]) = (SELECT count(*) FROM {_TAILS})
        AND cardinality($1::uuid[]) = (
            SELECT count(*) FROM unnest($1::uuid[], $2::uuid[], $23::text[]) AS poster(chat_id, sender_id, chat_type)
            CROSS JOIN LATERAL {_MEMBER} m WHERE poster.chat_type || ':' || m.role = ANY($24::text[])
        )
        AND NOT EXISTS (
            SELECT FROM unnest($7::int[], $10::uuid[]) AS given(poster, client_msg_id) CROSS JOIN LATERAL {_OLD} old
        )
), locked AS MATERIALIZED (
    SELECT s.id FROM checked, {_TAILS} FOR NO KEY UPDATE OF c, s SKIP LOCKED
), as_known AS MATERIALIZED (
    SELECT true FROM (SELECT count(*) AS chats FROM locked) free WHERE chats = cardinality($16::uuid[])
), """  # noqa: S608 - constants only
_INSERT_AS_KNOWN = _WRITE.format(before=_AS_KNOWN, condition="as_known, ", digest=DIGEST_SIZE)


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


async def insert_messages(
    connection: DatabaseConnection, by_chat: Mapping[UUID, Sequence[NewMessage]], at: datetime
) -> None:
    """Inserts messages and their events and updates all counters, in one statement.

    The streams of the chats must be locked. In each chat, messages and events are numbered in the given order, without
    gaps after the last number.
    """
    query = _INSERT_WITH_CITUS if has_citus(connection) else _INSERT
    await connection.execute(query, *_parameters(by_chat, at))


async def insert_if_as_known(
    connection: DatabaseConnection,
    by_chat: Mapping[UUID, Sequence[NewMessage]],
    at: datetime,
    chat_types: Mapping[UUID, str],
    may_send: Sequence[str],
) -> bool:
    """Locks the streams of the chats, checks the sends, and inserts them like `insert_messages`, in one statement.

    `may_send`: types of chats with roles that may send, `type:role`. Inserts nothing and returns False if a row is
    locked by another transaction, a message or event would not continue after the last number, a chat has checks, a
    sender may not send, or has used a `client_msg_id` before. So it does with Citus, which locks no rows of several
    nodes in one statement.
    """
    if has_citus(connection):
        return False
    firsts = [messages[0] for messages in by_chat.values()]
    parameters = _parameters(by_chat, at)
    status = await connection.execute(
        _INSERT_AS_KNOWN,
        *parameters,
        [first.event_seq - 1 for first in firsts],
        [first.seq - 1 for first in firsts],
        [chat_types[chat_id] for chat_id in parameters[0]],
        may_send,
    )
    return affected(status) > 0


def _parameters(by_chat: Mapping[UUID, Sequence[NewMessage]], at: datetime) -> Sequence[Any]:
    """Returns the parameters that both statements have."""
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
    return (
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
