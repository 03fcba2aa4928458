"""Reads and writes webhooks, in hand-written SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db import sql
from app.adapters.db.connection import DatabaseConnection

_SHOWN = """
id, url, kinds, chat_ids, description, state, paused_reason, paused_at, token_id, previous_secret_until, created_at,
updated_at
"""
_INSERT = f"""
INSERT INTO webhook (account_id, id, url, kinds, chat_ids, description, state, token_id, scopes, secret, created_at,
                     updated_at)
VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8, $9, $10, $10)
RETURNING {_SHOWN}
"""  # noqa: S608 - constants only
# A key manages the webhooks that it has created, a session all of its account.
_MANAGED = "account_id = $1 AND ($2::uuid IS NULL OR token_id = $2)"
_LIST = f"""
SELECT {_SHOWN} FROM webhook
WHERE {_MANAGED} ORDER BY created_at DESC, id DESC
"""  # noqa: S608 - constants only
_FIND = f"SELECT {_SHOWN} FROM webhook WHERE {_MANAGED} AND id = $3"  # noqa: S608 - constants only
_FIND_WHOLE = "SELECT * FROM webhook WHERE account_id = $1 AND id = $2"
_HOLD = "SELECT id FROM webhook WHERE account_id = $1 AND id = $2 FOR KEY SHARE"
_HOLD_STATE = "SELECT * FROM webhook WHERE account_id = $1 AND id = $2 FOR SHARE"
_UPDATE = f"""
UPDATE webhook SET url = $3, kinds = $4, chat_ids = $5, description = $6, state = $7, paused_reason = $8,
    paused_at = $9, updated_at = $10
WHERE account_id = $1 AND id = $2
RETURNING {_SHOWN}
"""  # noqa: S608 - constants only
_PAUSE = """
UPDATE webhook SET state = 'paused', paused_reason = $3, paused_at = $4, updated_at = $4
WHERE account_id = $1 AND id = $2 AND state = 'active' AND updated_at = $5 RETURNING id
"""
_ROTATE = f"""
UPDATE webhook SET previous_secret = secret, previous_secret_until = $4, secret = $3, updated_at = $5
WHERE account_id = $1 AND id = $2
RETURNING {_SHOWN}
"""  # noqa: S608 - constants only
_DELETE = "DELETE FROM webhook WHERE account_id = $1 AND id = $2 RETURNING id"
_HAS_ACTIVE = "SELECT EXISTS (SELECT FROM webhook WHERE state = 'active')"
_LIST_TO_SWEEP = """
SELECT account_id, id FROM webhook
WHERE (account_id, id) > ($1, $2) AND (state = 'active' OR token_id IS NOT NULL)
ORDER BY account_id, id LIMIT $3
"""
_DELETE_OF_ACCOUNT = sql.delete_of_account("webhook", "id")


async def insert(
    connection: DatabaseConnection,
    account_id: UUID,
    webhook_id: UUID,
    url: str,
    kinds: Sequence[str] | None,
    chat_ids: Sequence[UUID] | None,
    description: str,
    token_id: UUID | None,
    scopes: Sequence[str] | None,
    secret: bytes,
    at: datetime,
) -> Any:
    (row,) = await connection.fetch(
        _INSERT, account_id, webhook_id, url, kinds, chat_ids, description, token_id, scopes, secret, at
    )
    return row


async def list_of(connection: DatabaseConnection, account_id: UUID, token_id: UUID | None) -> Sequence[Any]:
    """Returns the webhooks that a key has created, or all of the account, the newest first."""
    return list(await connection.fetch(_LIST, account_id, token_id))


async def find(connection: DatabaseConnection, account_id: UUID, token_id: UUID | None, webhook_id: UUID) -> Any | None:
    rows = await connection.fetch(_FIND, account_id, token_id, webhook_id)
    return rows[0] if rows else None


async def find_whole(connection: DatabaseConnection, account_id: UUID, webhook_id: UUID) -> Any | None:
    """Returns the webhook with its encrypted secrets."""
    rows = await connection.fetch(_FIND_WHOLE, account_id, webhook_id)
    return rows[0] if rows else None


async def hold(connection: DatabaseConnection, account_id: UUID, webhook_id: UUID) -> bool:
    """Keeps the webhook from being deleted until the end of the transaction. Returns False if there is none."""
    return bool(await connection.fetch(_HOLD, account_id, webhook_id))


async def hold_state(connection: DatabaseConnection, account_id: UUID, webhook_id: UUID) -> Any | None:
    """Returns the webhook, and keeps it from being changed until the end of the transaction."""
    rows = await connection.fetch(_HOLD_STATE, account_id, webhook_id)
    return rows[0] if rows else None


async def update(
    connection: DatabaseConnection, account_id: UUID, webhook_id: UUID, values: Mapping[str, Any], at: datetime
) -> Any:
    """Returns the webhook as it is now. It must exist."""
    names = ("url", "kinds", "chat_ids", "description", "state", "paused_reason", "paused_at")
    (row,) = await connection.fetch(_UPDATE, account_id, webhook_id, *(values[name] for name in names), at)
    return row


async def pause(connection: DatabaseConnection, webhook: Mapping[str, Any], reason: str, at: datetime) -> bool:
    """Returns False if the webhook is not active, or was changed since it was read."""
    key = (webhook["account_id"], webhook["id"])
    return bool(await connection.fetch(_PAUSE, *key, reason, at, webhook["updated_at"]))


async def rotate(
    connection: DatabaseConnection,
    account_id: UUID,
    webhook_id: UUID,
    secret: bytes,
    previous_until: datetime,
    at: datetime,
) -> Any:
    """Replaces the secret. The present one becomes the previous one."""
    (row,) = await connection.fetch(_ROTATE, account_id, webhook_id, secret, previous_until, at)
    return row


async def delete(connection: DatabaseConnection, account_id: UUID, webhook_id: UUID) -> bool:
    """Returns True if there was one."""
    return bool(await connection.fetch(_DELETE, account_id, webhook_id))


async def has_active(connection: DatabaseConnection) -> bool:
    """Returns True if the installation has an active webhook."""
    return bool(await connection.fetchval(_HAS_ACTIVE))


async def list_to_sweep(
    connection: DatabaseConnection, after: tuple[UUID, UUID], limit: int
) -> Sequence[tuple[UUID, UUID]]:
    """Returns account and id of webhooks that are active, or that may have lost their key, in the order of both."""
    return [(row["account_id"], row["id"]) for row in await connection.fetch(_LIST_TO_SWEEP, *after, limit)]


async def delete_of_account(connection: DatabaseConnection, account_id: UUID, limit: int) -> bool:
    """Returns True if rows were deleted."""
    return bool(await connection.fetch(_DELETE_OF_ACCOUNT, account_id, limit))
