"""Passkeys, and the challenges that they sign."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, BaseModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_before


class Passkey(BaseModel):
    """A passkey. `credential_id` and `public_key` are what its authenticator has made."""

    __tablename__ = "passkey"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    is_synced: Mapped[bool]
    last_used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """A challenge that was not signed yet. `account_id` is null for a sign-in."""

    __tablename__ = "passkey_challenge"

    challenge: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


DELETE_OLD_CHALLENGES = delete_before("passkey_challenge", "expires_at", "challenge")
_ADD_CHALLENGE = "INSERT INTO passkey_challenge (challenge, account_id, expires_at) VALUES ($1, $2, $3)"
# Of two calls that use a challenge at once, the second waits for the row, and then finds it deleted.
_USE_CHALLENGE = """
DELETE FROM passkey_challenge WHERE challenge = $1 AND account_id IS NOT DISTINCT FROM $2 AND expires_at > $3
RETURNING true
"""
_DELETE_CHALLENGES = "DELETE FROM passkey_challenge WHERE account_id = $1"
_LIST = """
SELECT id, credential_id, name, created_at, last_used_at, is_synced FROM passkey
WHERE account_id = $1 ORDER BY created_at DESC, id
"""
_ADD = """
INSERT INTO passkey
    (id, account_id, credential_id, public_key, sign_count, name, is_synced, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (credential_id) DO NOTHING RETURNING true
"""
_FIND_OWNER = "SELECT account_id FROM passkey WHERE credential_id = $1"
_FIND = "SELECT id, public_key, sign_count FROM passkey WHERE credential_id = $1 AND account_id = $2 FOR UPDATE"
_NOTE_USE = "UPDATE passkey SET sign_count = $2, is_synced = $3, last_used_at = $4, updated_at = $4 WHERE id = $1"
_HAS = "SELECT EXISTS (SELECT FROM passkey WHERE account_id = $1)"
_DELETE = "DELETE FROM passkey WHERE id = $1 AND account_id = $2 RETURNING true"
_DELETE_OF_ACCOUNT = """
DELETE FROM passkey WHERE account_id = $1 AND ($2::timestamptz IS NULL OR created_at < $2) RETURNING id
"""


async def add_challenge(
    connection: DatabaseConnection, challenge: bytes, account_id: UUID | None, expires_at: datetime
) -> None:
    await connection.execute(_ADD_CHALLENGE, challenge, account_id, expires_at)


async def use_challenge(
    connection: DatabaseConnection, challenge: bytes, account_id: UUID | None, at: datetime
) -> bool:
    """Deletes a challenge. Returns False if there is no such challenge for this account, or if it has expired."""
    return bool(await connection.fetchval(_USE_CHALLENGE, challenge, account_id, at))


async def list_passkeys(connection: DatabaseConnection, account_id: UUID) -> list[Any]:
    """Returns the passkeys of an account, the newest first."""
    return list(await connection.fetch(_LIST, account_id))


async def add_passkey(
    connection: DatabaseConnection,
    passkey_id: UUID,
    account_id: UUID,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    name: str,
    is_synced: bool,
    at: datetime,
) -> bool:
    """Returns False if the credential exists already."""
    return bool(
        await connection.fetchval(
            _ADD, passkey_id, account_id, credential_id, public_key, sign_count, name, is_synced, at
        )
    )


async def find_owner(connection: DatabaseConnection, credential_id: bytes) -> UUID | None:
    account_id: UUID | None = await connection.fetchval(_FIND_OWNER, credential_id)
    return account_id


async def find_passkey(connection: DatabaseConnection, credential_id: bytes, account_id: UUID) -> Any | None:
    """Returns a passkey and locks it, so that each use is compared with the count of the one before."""
    rows = await connection.fetch(_FIND, credential_id, account_id)
    return rows[0] if rows else None


async def note_use(
    connection: DatabaseConnection, passkey_id: UUID, sign_count: int, is_synced: bool, at: datetime
) -> None:
    await connection.execute(_NOTE_USE, passkey_id, sign_count, is_synced, at)


async def has_passkey(connection: DatabaseConnection, account_id: UUID) -> bool:
    return bool(await connection.fetchval(_HAS, account_id))


async def delete_passkey(connection: DatabaseConnection, passkey_id: UUID, account_id: UUID) -> bool:
    return bool(await connection.fetchval(_DELETE, passkey_id, account_id))


async def delete_of_account(connection: DatabaseConnection, account_id: UUID, before: datetime | None) -> int:
    """Deletes the challenges of an account, and its passkeys from before a time (None: all). Returns their number."""
    await connection.execute(_DELETE_CHALLENGES, account_id)
    return len(await connection.fetch(_DELETE_OF_ACCOUNT, account_id, before))
