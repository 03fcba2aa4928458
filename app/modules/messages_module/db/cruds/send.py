"""The three statements of a batch of sends, in hand-written SQL: the hottest path of all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.modules.streams_module.services.log import APPEND_PARTS, Executor

# From `stream` alone: a join would be read at the snapshot from before the lock was granted.
_LOCK = "SELECT last_seq FROM stream WHERE id = $1 FOR NO KEY UPDATE"

# A new statement has a later snapshot: all that was committed under the lock before is seen.
_LOOK = """
SELECT c.type, c.last_seq, m.role, old.seq AS old_seq, old.digest AS old_digest
FROM chat c
CROSS JOIN unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS wanted(sender_id, client_msg_id, place)
LEFT JOIN chat_member m ON m.chat_id = c.id AND m.account_id = wanted.sender_id
LEFT JOIN message old
    ON old.chat_id = c.id AND old.sender_id = wanted.sender_id AND old.client_msg_id = wanted.client_msg_id
WHERE c.id = $1 AND c.deleted_at IS NULL
ORDER BY wanted.place
"""

# `counted` before `moved`: the rows are locked in the order chat, member, as by whoever moves a read position.
_INSERT = f"""
WITH {APPEND_PARTS}, sent AS (
    INSERT INTO message (chat_id, seq, id, client_msg_id, sender_id, type, text, reply_to_seq, digest, created_at,
                         event_seqs)
    SELECT $1, $5 + new.place, new.id, new.client_msg_id, new.sender_id, 'text', new.text, new.reply_to_seq,
           new.digest, $4, ARRAY[$6 + new.place]
    FROM unnest($7::uuid[], $8::uuid[], $9::uuid[], $10::text[], $11::bigint[], $12::bytea[]) WITH ORDINALITY
         AS new(id, client_msg_id, sender_id, text, reply_to_seq, digest, place)
), counted AS (
    UPDATE chat SET
        last_seq = $5 + cardinality($7::uuid[]),
        active_at = $4,
        runner_up_read_seq = greatest(
            $13, CASE WHEN furthest_reader_id = $14 THEN runner_up_read_seq ELSE furthest_read_seq END
        ),
        furthest_read_seq = $5 + cardinality($7::uuid[]),
        furthest_reader_id = $14
    WHERE id = $1
    RETURNING id
), moved AS (
    UPDATE chat_member m SET read_seq = reader.seq
    FROM counted, unnest($15::uuid[], $16::bigint[]) AS reader(account_id, seq)
    WHERE m.chat_id = counted.id AND m.account_id = reader.account_id
)
SELECT last_seq FROM head
"""  # noqa: S608 - constants only

_STANDS = """
SELECT new.id FROM unnest($2::bigint[], $3::uuid[]) AS new(seq, id)
JOIN message m ON m.chat_id = $1 AND m.seq = new.seq AND m.id = new.id
"""


class NewMessage(NamedTuple):
    """A message with its number, ready to be written. `event` is its JSON."""

    id: UUID
    seq: int
    client_msg_id: UUID | None
    sender_id: UUID
    text: str
    reply_to_seq: int | None
    digest: bytes
    event: str


async def lock_chat_stream(connection: Executor, chat_id: UUID) -> int | None:
    """Takes the row lock that makes commit order and number order the same; the stream's head, None without one."""
    last_seq: int | None = await connection.fetchval(_LOCK, chat_id)
    return last_seq


async def look_up(
    connection: Executor, chat_id: UUID, senders: Sequence[UUID], client_msg_ids: Sequence[UUID | None]
) -> Sequence[Any]:
    """For each send: the chat's type and number, the sender's role, and the message that its id stands for already."""
    rows: Sequence[Any] = await connection.fetch(_LOOK, chat_id, senders, client_msg_ids)
    return rows


async def insert_messages(
    connection: Executor, chat_id: UUID, messages: Sequence[NewMessage], *, event_base: int, at: datetime
) -> int:
    """Messages, their events and all counters in one statement; the stream's new head.

    The messages are numbered without a gap from the chat's next number on; their events from `event_base` + 1.
    """
    own_seqs = {message.sender_id: message.seq for message in messages}
    last = messages[-1]
    runner_up = max((seq for sender_id, seq in own_seqs.items() if sender_id != last.sender_id), default=0)
    head = await connection.fetchval(
        _INSERT,
        chat_id,
        ["message.created"] * len(messages),
        [message.event for message in messages],
        at,
        messages[0].seq - 1,
        event_base,
        [message.id for message in messages],
        [message.client_msg_id for message in messages],
        [message.sender_id for message in messages],
        [message.text for message in messages],
        [message.reply_to_seq for message in messages],
        [message.digest for message in messages],
        runner_up,
        last.sender_id,
        list(own_seqs),
        list(own_seqs.values()),
    )
    return int(head)


async def list_standing(connection: Executor, chat_id: UUID, messages: Sequence[NewMessage]) -> set[UUID]:
    """The ids of those messages that are written."""
    rows = await connection.fetch(
        _STANDS, chat_id, [message.seq for message in messages], [message.id for message in messages]
    )
    return {row["id"] for row in rows}
