"""Scheduled messages. They are added, edited and deleted under the lock of their account's stream.

The job that sends one takes no stream: it changes the row to `sending`, and from then on only that job changes it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, BigInteger, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import sql
from app.adapters.db.base import ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.utils.invariants import Invariant

_PAGE_BYTES = 1_000_000


class ScheduledMessage(ChatFamilyModel):
    """A message that is not sent yet. The row of a sent one is deleted.

    - `body`: fields of the message as they were sent, without `client_msg_id`.
    - `digest`: hash of the first body, compared on a retry.
    - `state`: `waiting`, `sending` or `failed`; with `failed`, `code` and `detail` of the refusal.
    - `joined_event_seq`: identifies the membership. The end of a later one of the same account does not concern it.
    """

    __tablename__ = "scheduled_message"
    __table_args__ = (UniqueConstraint("chat_id", "account_id", "client_msg_id"),)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_msg_id: Mapped[UUID]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    send_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    joined_event_seq: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


Index("ix_scheduled_message_account_id", ScheduledMessage.account_id)

_COLUMNS = """
chat_id, account_id, id, client_msg_id, body::text AS body, digest, send_at, state, code, detail, joined_event_seq,
created_at, updated_at
"""
_INSERT = f"""
INSERT INTO scheduled_message (chat_id, account_id, id, client_msg_id, body, digest, send_at, state, joined_event_seq,
                               created_at, updated_at)
VALUES ($1, $2, $3, $4, convert_from($5::bytea, 'UTF8')::json, $6, $7, 'waiting', $8, $9, $9)
RETURNING {_COLUMNS}
"""  # noqa: S608
_FIND = f"SELECT {_COLUMNS} FROM scheduled_message WHERE chat_id = $1 AND account_id = $2 AND id = $3"  # noqa: S608
_FIND_LOCKED = f"{_FIND} FOR UPDATE"
_FIND_BY_CLIENT_ID = f"""
SELECT {_COLUMNS} FROM scheduled_message WHERE chat_id = $1 AND account_id = $2 AND client_msg_id = $3
"""  # noqa: S608
# $6 maximum of bytes of several messages. `found` counts those for which there is no room, too.
_LIST = f"""
SELECT {_COLUMNS}, found FROM (
    SELECT *, row_number() OVER page AS place, sum(octet_length(body::text)) OVER page AS size, count(*) OVER () found
    FROM (
        SELECT * FROM scheduled_message WHERE chat_id = $1 AND account_id = $2
        AND ($3::timestamptz IS NULL OR (send_at, id) > ($3, $4)) ORDER BY send_at, id LIMIT $5
    ) next WINDOW page AS (ORDER BY send_at, id)
) sized WHERE place = 1 OR size <= $6 ORDER BY send_at, id
"""  # noqa: S608
_COUNT = "SELECT count(*) FROM scheduled_message WHERE account_id = $1"
_UPDATE = f"""
UPDATE scheduled_message
SET body = convert_from($4::bytea, 'UTF8')::json, send_at = $5, state = $6, code = $7, detail = $8, updated_at = $9
WHERE chat_id = $1 AND account_id = $2 AND id = $3
RETURNING {_COLUMNS}
"""  # noqa: S608
# By the database's clock, as the job was claimed: that of this process may be behind.
_BEGIN = f"""
UPDATE scheduled_message SET state = 'sending'
WHERE chat_id = $1 AND account_id = $2 AND id = $3 AND state <> 'failed' AND send_at <= statement_timestamp()
RETURNING {_COLUMNS}
"""  # noqa: S608
_DELETE = "DELETE FROM scheduled_message WHERE chat_id = $1 AND account_id = $2 AND id = $3 RETURNING id"
_FAIL = """
UPDATE scheduled_message SET state = 'failed', code = $4, detail = $5
WHERE chat_id = $1 AND account_id = $2 AND id = $3 AND state = 'sending' RETURNING id
"""
# The job of a message that is being sent ends it, since only that job knows the outcome.
_DELETE_OF_MEMBER = f"""
DELETE FROM scheduled_message
WHERE chat_id = $1 AND account_id = $2 AND joined_event_seq < $3 AND state <> 'sending' RETURNING {_COLUMNS}
"""  # noqa: S608
_LIST_ACCOUNTS = "SELECT DISTINCT account_id FROM scheduled_message WHERE chat_id = $1 AND state <> 'sending' LIMIT $2"
_DELETE_OF_ACCOUNT = sql.delete_of_account("scheduled_message", "chat_id", "id")
_LIST_VALUES = """
SELECT (body -> $1)::text AS value FROM scheduled_message WHERE account_id = ANY($2) AND body -> $1 IS NOT NULL
"""
_FIND_SENT = "SELECT seq FROM message WHERE chat_id = $1 AND sender_id = $2 AND client_msg_id = $3"
_HAS_NO_JOB = """
NOT EXISTS (
    SELECT FROM job j
    WHERE j.owner_id = s.account_id AND j.name = 'schedules.send' AND j.key = s.id::text AND j.state <> 'dead'
)
"""
# The subscriber of the module ends the others, with an event for their authors, perhaps once it is enabled again.
HAS_NO_EVENT = """
NOT EXISTS (
    SELECT FROM event e LEFT JOIN subscriber_cursor s ON s.stream_id = e.stream_id AND s.subscriber = 'schedules'
    WHERE e.stream_id = x.account_id AND e.seq > coalesce(s.seq, 0)
      AND e.kind = 'chat.left' AND e.data ->> 'chat_id' = x.chat_id::text
)
"""

INVARIANTS = (
    Invariant(
        says="every scheduled message has a job that sends it",
        find=f"""
            SELECT s.account_id AS stream_id, format('message %s of chat %s', s.id, s.chat_id) AS detail
            FROM scheduled_message s
            WHERE s.state <> 'failed' AND {_HAS_NO_JOB}
        """,  # noqa: S608 - constants only
        advice="its job was cancelled, or is dead; --fix adds a job for the time of the message",
        fix=(
            f"""
            INSERT INTO job (owner_id, id, name, key, lane, payload, run_at, created_at)
            SELECT s.account_id, gen_random_uuid(), 'schedules.send', s.id::text, 'schedules',
                json_build_object('chat_id', s.chat_id, 'account_id', s.account_id, 'id', s.id), s.send_at, now()
            FROM scheduled_message s
            WHERE s.account_id = ANY($1) AND s.state <> 'failed' AND {_HAS_NO_JOB}
            """,  # noqa: S608 - constants only
        ),
    ),
)


async def insert(
    connection: DatabaseConnection,
    chat_id: UUID,
    account_id: UUID,
    scheduled_id: UUID,
    client_msg_id: UUID,
    body: Mapping[str, Any],
    digest: bytes,
    send_at: datetime,
    joined_event_seq: int,
    at: datetime,
) -> Any:
    """Returns the message."""
    stored = orjson.dumps(body)
    (row,) = await connection.fetch(
        _INSERT, chat_id, account_id, scheduled_id, client_msg_id, stored, digest, send_at, joined_event_seq, at
    )
    return row


async def find(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, scheduled_id: UUID, *, lock: bool = False
) -> Any | None:
    rows = await connection.fetch(_FIND_LOCKED if lock else _FIND, chat_id, account_id, scheduled_id)
    return rows[0] if rows else None


async def find_by_client_id(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, client_msg_id: UUID
) -> Any | None:
    rows = await connection.fetch(_FIND_BY_CLIENT_ID, chat_id, account_id, client_msg_id)
    return rows[0] if rows else None


async def list_page(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Any]:
    """Returns scheduled messages, the earliest first. `found` counts also those that are too large for a page."""
    return list(await connection.fetch(_LIST, chat_id, account_id, *(after or (None, None)), limit, _PAGE_BYTES))


async def count_of_account(connection: DatabaseConnection, account_id: UUID) -> int:
    return int(await connection.fetchval(_COUNT, account_id))


async def update(
    connection: DatabaseConnection,
    chat_id: UUID,
    account_id: UUID,
    scheduled_id: UUID,
    body: Mapping[str, Any],
    send_at: datetime,
    state: str,
    code: str | None,
    detail: str | None,
    at: datetime,
) -> Any:
    """Returns the message as it is now. It must exist."""
    stored = orjson.dumps(body)
    (row,) = await connection.fetch(
        _UPDATE, chat_id, account_id, scheduled_id, stored, send_at, state, code, detail, at
    )
    return row


async def begin(connection: DatabaseConnection, chat_id: UUID, account_id: UUID, scheduled_id: UUID) -> Any | None:
    """Sets a due message to `sending` and returns it. None if it is not due, has failed, or does not exist."""
    rows = await connection.fetch(_BEGIN, chat_id, account_id, scheduled_id)
    return rows[0] if rows else None


async def delete(connection: DatabaseConnection, chat_id: UUID, account_id: UUID, scheduled_id: UUID) -> bool:
    """Returns True if there was one."""
    return await connection.fetchval(_DELETE, chat_id, account_id, scheduled_id) is not None


async def fail(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, scheduled_id: UUID, code: str, detail: str
) -> bool:
    """Stores a refusal of a message that was being sent. Returns True if there was one."""
    return await connection.fetchval(_FAIL, chat_id, account_id, scheduled_id, code, detail) is not None


async def delete_of_member(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, left_seq: int
) -> Sequence[Any]:
    """Deletes the messages of a membership that has ended, except one that is being sent. Returns them."""
    return list(await connection.fetch(_DELETE_OF_MEMBER, chat_id, account_id, left_seq))


async def list_accounts(connection: DatabaseConnection, chat_id: UUID, limit: int) -> list[UUID]:
    """Returns accounts with scheduled messages in a chat."""
    return [row["account_id"] for row in await connection.fetch(_LIST_ACCOUNTS, chat_id, limit)]


async def delete_of_account(connection: DatabaseConnection, account_id: UUID, limit: int) -> list[UUID]:
    """Deletes up to `limit` messages of an account. Returns their ids."""
    return [row["id"] for row in await connection.fetch(_DELETE_OF_ACCOUNT, account_id, limit)]


async def find_sent(connection: DatabaseConnection, chat_id: UUID, account_id: UUID, client_msg_id: UUID) -> int | None:
    """Returns the number of the sent message with this `client_msg_id`."""
    seq: int | None = await connection.fetchval(_FIND_SENT, chat_id, account_id, client_msg_id)
    return seq


async def list_values(connection: DatabaseConnection, field: str, account_ids: Sequence[UUID]) -> list[Any]:
    """Returns a field of the messages of these accounts that have it."""
    return [orjson.loads(row["value"]) for row in await connection.fetch(_LIST_VALUES, field, account_ids)]
