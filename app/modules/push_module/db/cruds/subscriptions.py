"""Subscribed devices. Rows are added and deleted under the lock of the account's stream."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_account, one_row

# A subscription `s` is of use: its session lives at $1, and it was made with the present key.
LIVE = f"""
EXISTS (SELECT FROM push_key k WHERE k.id = s.key_id) AND EXISTS (
    SELECT FROM {one_row("auth_session", id="s.session_id")} t WHERE t.revoked_at IS NULL AND t.expires_at > $1
)
"""  # noqa: S608 - constants only
_EXISTS = "SELECT EXISTS (SELECT FROM push_subscription)"
_FIND_BY_ENDPOINT = "SELECT account_id, id FROM push_subscription WHERE endpoint_hash = $1"
_INSERT = """
INSERT INTO push_subscription
    (account_id, id, session_id, key_id, endpoint, endpoint_hash, p256dh, auth, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_RENEW = """
UPDATE push_subscription
SET session_id = $3, key_id = $4, p256dh = $5, auth = $6 WHERE account_id = $1 AND id = $2
"""
_LIST = f"""
SELECT id, session_id, endpoint, created_at FROM push_subscription s WHERE account_id = $2 AND {LIVE}
ORDER BY created_at, id
"""  # noqa: S608 - constants only
_LIST_BEYOND = """
SELECT id FROM push_subscription WHERE account_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2
"""
_DELETE = "DELETE FROM push_subscription WHERE account_id = $1 AND id = $2 RETURNING id"
_DELETE_NOTIFICATIONS = "DELETE FROM push_notification WHERE account_id = $1 AND subscription_id = $2"
_LIST_DEAD_ACCOUNTS = f"""
SELECT DISTINCT account_id FROM push_subscription s WHERE account_id > $2 AND NOT ({LIVE})
ORDER BY account_id LIMIT $3
"""  # noqa: S608 - constants only
_LIST_DEAD = f"""
SELECT id, NOT EXISTS (SELECT FROM push_key k WHERE k.id = s.key_id) AS is_rotated
FROM push_subscription s WHERE account_id = $2 AND NOT ({LIVE})
"""  # noqa: S608 - constants only
DELETE_OF_ACCOUNT = delete_of_account("push_subscription", "id")


class Subscription(NamedTuple):
    """A subscription, by its account and its id."""

    account_id: UUID
    id: UUID


async def any_exists(connection: DatabaseConnection) -> bool:
    return bool(await connection.fetchval(_EXISTS))


async def find_by_endpoint(connection: DatabaseConnection, endpoint_hash: bytes) -> Subscription | None:
    """Returns the subscription with this endpoint."""
    rows = await connection.fetch(_FIND_BY_ENDPOINT, endpoint_hash)
    return Subscription(*rows[0]) if rows else None


async def insert(
    connection: DatabaseConnection,
    account_id: UUID,
    subscription_id: UUID,
    session_id: UUID,
    key_id: UUID,
    endpoint: str,
    endpoint_hash: bytes,
    p256dh: bytes,
    auth: bytes,
    at: datetime,
) -> None:
    await connection.execute(
        _INSERT, account_id, subscription_id, session_id, key_id, endpoint, endpoint_hash, p256dh, auth, at
    )


async def renew(
    connection: DatabaseConnection,
    account_id: UUID,
    subscription_id: UUID,
    session_id: UUID,
    key_id: UUID,
    p256dh: bytes,
    auth: bytes,
) -> None:
    await connection.execute(_RENEW, account_id, subscription_id, session_id, key_id, p256dh, auth)


async def list_live(connection: DatabaseConnection, account_id: UUID, at: datetime) -> Sequence[Any]:
    """Returns the subscriptions of use, the oldest first."""
    rows: Sequence[Any] = await connection.fetch(_LIST, at, account_id)
    return rows


async def list_beyond(connection: DatabaseConnection, account_id: UUID, kept: int) -> list[UUID]:
    """Returns all but the newest `kept` subscriptions of the account."""
    return [row["id"] for row in await connection.fetch(_LIST_BEYOND, account_id, kept)]


async def delete(connection: DatabaseConnection, account_id: UUID, subscription_id: UUID) -> bool:
    """Deletes a subscription and its notifications. Returns False if there is none."""
    if not await connection.fetch(_DELETE, account_id, subscription_id):
        return False
    await delete_notifications(connection, account_id, subscription_id)
    return True


async def delete_notifications(connection: DatabaseConnection, account_id: UUID, subscription_id: UUID) -> None:
    """Deletes the notifications of a device, which gets none any more."""
    await connection.execute(_DELETE_NOTIFICATIONS, account_id, subscription_id)


async def list_dead_accounts(connection: DatabaseConnection, at: datetime, after: UUID, limit: int) -> list[UUID]:
    """Returns accounts after this one that have subscriptions of no use."""
    return [row["account_id"] for row in await connection.fetch(_LIST_DEAD_ACCOUNTS, at, after, limit)]


async def list_dead(connection: DatabaseConnection, at: datetime, account_id: UUID) -> list[tuple[UUID, bool]]:
    """Returns the account's subscriptions of no use: True for those of an earlier key, else their session has ended."""
    return [(row["id"], row["is_rotated"]) for row in await connection.fetch(_LIST_DEAD, at, account_id)]
