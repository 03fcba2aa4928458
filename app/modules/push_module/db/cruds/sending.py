"""What is due on a device, and what was sent to it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.citus import fetch_each, of_one
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_account, delete_of_chat, one_row
from app.modules.push_module.db.cruds.subscriptions import LIVE

# By the clock of the database, which all processes share.
_TAKE = f"""
UPDATE push_subscription s SET taken_by = $4, not_before = statement_timestamp() + make_interval(secs => $5)
WHERE account_id = $2 AND id = $3 AND (not_before IS NULL OR not_before <= statement_timestamp() OR taken_by = $4)
  AND {LIVE}
RETURNING endpoint, p256dh, auth, failures
"""  # noqa: S608 - constants only
_FIND_WAIT = f"""
SELECT greatest(extract(epoch FROM not_before - statement_timestamp()), 0)::float8 AS seconds,
       taken_by IS NOT NULL AS is_taken
FROM push_subscription s WHERE account_id = $2 AND id = $3 AND {LIVE}
"""  # noqa: S608 - constants only
_RELEASE = """
UPDATE push_subscription
SET taken_by = NULL, failures = $3, not_before = statement_timestamp() + make_interval(secs => $4)
WHERE account_id = $1 AND id = $2 AND taken_by = $5
"""
# No index has this order: it would be one of all chats.
_FIND_NEXT = f"""
SELECT n.chat_id, n.seq, n.due, n.is_shown, c.type, c.title, m.read_seq, said.sender_id, said.created_at,
       said.text, said.parts, a.display_name
FROM (
    SELECT * FROM push_notification WHERE account_id = $1 AND subscription_id = $2 AND due IS NOT NULL
    ORDER BY seq, chat_id LIMIT 1
) n
CROSS JOIN LATERAL {one_row("chat", id="n.chat_id")} c
LEFT JOIN LATERAL {one_row("chat_member", chat_id="n.chat_id", account_id="n.account_id")} m ON c.deleted_at IS NULL
LEFT JOIN LATERAL {one_row("message", chat_id="n.chat_id", seq="n.seq")} said ON said.deleted_at IS NULL
LEFT JOIN LATERAL {one_row("account", id="said.sender_id")} a ON true
"""  # noqa: S608 - constants only
_SHOW = """
UPDATE push_notification SET is_shown = true
WHERE chat_id = $1 AND account_id = $2 AND subscription_id = $3 AND seq = $4 AND due = 'message' RETURNING seq
"""
_SETTLE = """
UPDATE push_notification SET due = $6
WHERE chat_id = $1 AND account_id = $2 AND subscription_id = $3 AND seq = $4 AND due = $5
"""
_REMOVE = """
DELETE FROM push_notification
WHERE chat_id = $1 AND account_id = $2 AND subscription_id = $3 AND seq = $4 AND due = $5
"""
_LIST_NOTIFIED = """
SELECT moved.chat_id AS chat_id, moved.account_id FROM unnest($1::uuid[], $2::uuid[]) AS moved(chat_id, account_id)
CROSS JOIN LATERAL (
    SELECT FROM push_notification WHERE chat_id = moved.chat_id AND account_id = moved.account_id
    ORDER BY subscription_id LIMIT 1
) n
"""
_LIST_NOTIFIED_OF_ONE = of_one(_LIST_NOTIFIED, "moved.chat_id")
# Also of a chat that the account has left.
_CLEAR = """
UPDATE push_notification n SET due = 'clear'
WHERE n.chat_id = $1 AND n.account_id = $2 AND n.is_shown AND n.due IS DISTINCT FROM 'clear' AND n.seq <= coalesce(
    (SELECT read_seq FROM chat_member m WHERE m.chat_id = $1 AND m.account_id = $2), n.seq
)
RETURNING n.subscription_id
"""
_DROP_READ = """
DELETE FROM push_notification n
WHERE n.chat_id = $1 AND n.account_id = $2 AND NOT n.is_shown AND n.seq <= coalesce(
    (SELECT read_seq FROM chat_member m WHERE m.chat_id = $1 AND m.account_id = $2), n.seq
)
"""
MAX_BADGE = 999
_COUNT_UNREAD = f"""
SELECT count(*) FROM (
    SELECT 1 FROM account_chat a
    CROSS JOIN LATERAL {one_row("chat", id="a.chat_id")} c
    CROSS JOIN LATERAL {one_row("chat_member", chat_id="a.chat_id", account_id="a.account_id")} m
    WHERE a.account_id = $1 AND c.deleted_at IS NULL AND c.last_seq > m.read_seq LIMIT {MAX_BADGE}
) unread
"""  # noqa: S608 - constants only
PURGE = delete_of_chat("push_notification", "account_id", "subscription_id")
DELETE_OF_ACCOUNT = delete_of_account("push_notification", "chat_id", "subscription_id")


class Device(NamedTuple):
    """A subscribed device. Its endpoint is a secret, so it is not written anywhere."""

    account_id: UUID
    id: UUID
    endpoint: str
    p256dh: bytes
    auth: bytes
    failures: int

    def __repr__(self) -> str:
        return f"Device({self.id})"


class Wait(NamedTuple):
    """How long a device is not free. `is_taken`: a job has it, which may end sooner."""

    seconds: float
    is_taken: bool


async def take(
    connection: DatabaseConnection, account_id: UUID, subscription_id: UUID, job_id: UUID, at: datetime, seconds: float
) -> Device | None:
    """Reserves a device for one job, for so many seconds. Returns None while another one has it, or must wait."""
    rows = await connection.fetch(_TAKE, at, account_id, subscription_id, job_id, seconds)
    return Device(account_id, subscription_id, *rows[0]) if rows else None


async def find_wait(
    connection: DatabaseConnection, account_id: UUID, subscription_id: UUID, at: datetime
) -> Wait | None:
    """Returns how long the device is not free. None if it is of no use any more."""
    rows = await connection.fetch(_FIND_WAIT, at, account_id, subscription_id)
    return Wait(rows[0]["seconds"] or 0.0, rows[0]["is_taken"]) if rows else None


async def release(connection: DatabaseConnection, device: Device, job_id: UUID, failures: int, seconds: float) -> None:
    """Ends the reservation. The next job must wait for so many seconds."""
    await connection.execute(_RELEASE, device.account_id, device.id, failures, seconds, job_id)


async def find_next(connection: DatabaseConnection, account_id: UUID, subscription_id: UUID) -> Any | None:
    """Returns a notification that is due on the device, with its message as it is now."""
    rows = await connection.fetch(_FIND_NEXT, account_id, subscription_id)
    return rows[0] if rows else None


async def note_shown(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, subscription_id: UUID, seq: int
) -> bool:
    """Notes that the device may show the message from now on. Returns False if another one is due meanwhile."""
    return bool(await connection.fetch(_SHOW, chat_id, account_id, subscription_id, seq))


async def settle(
    connection: DatabaseConnection,
    chat_id: UUID,
    account_id: UUID,
    subscription_id: UUID,
    seq: int,
    due: str,
    then: str | None,
) -> None:
    """Replaces what is due, unless it has changed meanwhile."""
    await connection.execute(_SETTLE, chat_id, account_id, subscription_id, seq, due, then)


async def remove(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, subscription_id: UUID, seq: int, due: str
) -> None:
    """Deletes a notification, unless something else is due meanwhile."""
    await connection.execute(_REMOVE, chat_id, account_id, subscription_id, seq, due)


async def list_notified(
    connection: DatabaseConnection, pairs: Collection[tuple[UUID, UUID]]
) -> Sequence[tuple[UUID, UUID]]:
    """Returns those pairs of a chat and an account that have notifications."""
    rows = await fetch_each(connection, _LIST_NOTIFIED, _LIST_NOTIFIED_OF_ONE, [*map(list, zip(*pairs, strict=True))])
    return [(row["chat_id"], row["account_id"]) for row in rows]


async def clear_read(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> list[UUID]:
    """Makes `clear` due where the account has read the message, or left the chat. Returns these devices."""
    await connection.execute(_DROP_READ, chat_id, account_id)
    return [row["subscription_id"] for row in await connection.fetch(_CLEAR, chat_id, account_id)]


async def count_unread_chats(connection: DatabaseConnection, account_id: UUID) -> int:
    """Returns the number of chats with unread messages, at most MAX_BADGE."""
    return int(await connection.fetchval(_COUNT_UNREAD, account_id))
