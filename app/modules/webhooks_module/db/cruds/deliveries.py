"""Attempts to post events: the newest of each webhook, in hand-written SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db import sql
from app.adapters.db.connection import DatabaseConnection

KEPT = 200
"""Attempts of one webhook that are kept."""
_INSERT = """
INSERT INTO webhook_delivery (account_id, webhook_id, at, stream_id, seq, kind, attempt, status, error, duration_ms,
                              next_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT DO NOTHING
"""
# The subquery is evaluated once, whatever the plan.
_TRIM = f"""
DELETE FROM webhook_delivery WHERE account_id = $1 AND webhook_id = $2 AND (at, stream_id, seq) <= (
    SELECT at, stream_id, seq FROM webhook_delivery WHERE account_id = $1 AND webhook_id = $2
    ORDER BY at DESC, stream_id DESC, seq DESC OFFSET {KEPT} LIMIT 1
)
"""  # noqa: S608 - constants only
_PAGE = """
SELECT at, stream_id, seq, kind, attempt, status, error, duration_ms, next_at FROM webhook_delivery
WHERE account_id = $1 AND webhook_id = $2
  AND ($3::timestamptz IS NULL OR (at, stream_id, seq) < ($3, $4::uuid, $5::bigint))
ORDER BY at DESC, stream_id DESC, seq DESC LIMIT $6
"""
_DELETE_OF_WEBHOOK = "DELETE FROM webhook_delivery WHERE account_id = $1 AND webhook_id = $2"
_DELETE_OF_ACCOUNT = sql.delete_of_account("webhook_delivery", "webhook_id", "at", "stream_id", "seq")
DELETE_OLD = sql.delete_before("webhook_delivery", "at", "account_id", "webhook_id", "at", "stream_id", "seq")


class Attempt(NamedTuple):
    """One attempt: what was posted when, and what came of it."""

    at: datetime
    stream_id: UUID
    seq: int
    kind: str | None
    attempt: int
    status: int | None
    error: str | None
    duration_ms: int | None
    next_at: datetime | None = None


async def insert(connection: DatabaseConnection, account_id: UUID, webhook_id: UUID, attempt: Attempt) -> None:
    """Stores an attempt, and deletes those that are too many. The caller holds the webhook."""
    await connection.execute(_INSERT, account_id, webhook_id, *attempt)
    await connection.execute(_TRIM, account_id, webhook_id)


async def list_page(
    connection: DatabaseConnection,
    account_id: UUID,
    webhook_id: UUID,
    before: tuple[datetime, UUID, int] | None,
    limit: int,
) -> Sequence[Any]:
    """Returns attempts, the newest first, after the last one of the previous page."""
    return list(await connection.fetch(_PAGE, account_id, webhook_id, *(before or (None, None, None)), limit))


async def delete_of_webhook(connection: DatabaseConnection, account_id: UUID, webhook_id: UUID) -> None:
    await connection.execute(_DELETE_OF_WEBHOOK, account_id, webhook_id)


async def delete_of_account(connection: DatabaseConnection, account_id: UUID, limit: int) -> bool:
    """Returns True if rows were deleted."""
    return bool(await connection.fetch(_DELETE_OF_ACCOUNT, account_id, limit))
