"""API keys. Only hashes of their secrets are stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_before


class ApiKey(Base):
    """A key of an account. `secret_hash` is the SHA-256 of the secret, which is random and cannot be guessed.

    `owner_id` is the account that has created the key: the same account, or the owner of a bot. The key ends with it.
    """

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[UUID] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


Index("ix_api_key_revoked_at", ApiKey.revoked_at, postgresql_where=ApiKey.revoked_at.is_not(None))
Index("ix_api_key_expires_at", ApiKey.expires_at, postgresql_where=ApiKey.expires_at.is_not(None))

LIST_REVOKED = "SELECT id, revoked_at FROM api_key WHERE revoked_at > $1"
LIST_LIVE = """
SELECT id, coalesce(expires_at, $2::timestamptz + interval '1 day') FROM api_key
WHERE id = ANY($1::uuid[]) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
"""
LIST_LIVE_OF = """
SELECT id FROM api_key WHERE account_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
"""
_FIND = """
SELECT k.account_id, k.owner_id, k.scopes, k.secret_hash, k.expires_at
FROM api_key k JOIN account a ON a.id = k.account_id AND a.erased_at IS NULL
WHERE k.id = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
"""
_NOTE_USE = """
UPDATE api_key SET last_used_at = $2
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')
"""
_SHOWN = "id, name, scopes, created_at, last_used_at, expires_at"
_INSERT = f"""
INSERT INTO api_key (id, account_id, owner_id, name, scopes, secret_hash, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_SHOWN}
"""  # noqa: S608 - constants only
_PAGE = f"""
SELECT {_SHOWN} FROM api_key
WHERE account_id = $1 AND revoked_at IS NULL AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
ORDER BY created_at DESC, id DESC LIMIT $4
"""  # noqa: S608 - constants only
_COUNT = """
SELECT count(*) FROM api_key WHERE account_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
"""
_REVOKE = """
UPDATE api_key SET revoked_at = $2
WHERE account_id = $1 AND revoked_at IS NULL AND id = $3 RETURNING name
"""
_REVOKE_ALL = """
UPDATE api_key SET revoked_at = $2
WHERE (account_id = $1 OR owner_id = $1) AND revoked_at IS NULL AND ($3::timestamptz IS NULL OR created_at < $3)
RETURNING id, account_id, owner_id, name
"""
DELETE_OF_ACCOUNT = """
DELETE FROM api_key WHERE id IN (SELECT id FROM api_key WHERE account_id = $1 OR owner_id = $1 LIMIT $2) RETURNING id
"""
DELETE_OLD = [delete_before("api_key", column, "id") for column in ("revoked_at", "expires_at")]


async def find_key(connection: DatabaseConnection, key_id: UUID, at: datetime) -> Any | None:
    """Returns a key that is valid now, of an account that exists."""
    rows = await connection.fetch(_FIND, key_id, at)
    return rows[0] if rows else None


async def note_use(connection: DatabaseConnection, key_id: UUID, at: datetime) -> None:
    """Stores that a key is used, once a minute at most."""
    await connection.execute(_NOTE_USE, key_id, at)


async def insert_key(
    connection: DatabaseConnection,
    key_id: UUID,
    account_id: UUID,
    owner_id: UUID,
    name: str,
    scopes: Sequence[str],
    secret_hash: bytes,
    created_at: datetime,
    expires_at: datetime | None,
) -> Any:
    rows = await connection.fetch(
        _INSERT, key_id, account_id, owner_id, name, list(scopes), secret_hash, created_at, expires_at
    )
    return rows[0]


async def list_keys(
    connection: DatabaseConnection, account_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Any]:
    """Returns keys that are not revoked, the newest first, after the last one of the previous page."""
    rows: Sequence[Any] = await connection.fetch(_PAGE, account_id, *(before or (None, None)), limit)
    return rows


async def count_keys(connection: DatabaseConnection, account_id: UUID, at: datetime) -> int:
    return int(await connection.fetchval(_COUNT, account_id, at))


async def revoke(connection: DatabaseConnection, account_id: UUID, key_id: UUID, at: datetime) -> str | None:
    """Revokes a key of the account. Returns its name, or None if it has no such key."""
    name: str | None = await connection.fetchval(_REVOKE, account_id, at, key_id)
    return name


async def revoke_all(
    connection: DatabaseConnection, account_id: UUID, at: datetime, before: datetime | None
) -> Sequence[Any]:
    """Revokes the keys of an account, and those that it has created for its bots, from before a time (None: all).

    Returns the valid ones.
    """
    rows: Sequence[Any] = await connection.fetch(_REVOKE_ALL, account_id, at, before)
    return rows
