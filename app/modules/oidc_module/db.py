"""Identities at other providers, sign-ins that are under way, and the one-time codes of applications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, BaseModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_before


class OidcFlow(Base):
    """A sign-in whose browser has gone to the provider. It is deleted when the browser comes back.

    `nonce` and `verifier` are what the provider is asked with. `redirect`, `challenge` and `app_state` are what the
    application has asked for.
    """

    __tablename__ = "oidc_flow"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    provider: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str] = mapped_column(Text)
    verifier: Mapped[str] = mapped_column(Text)
    redirect: Mapped[str] = mapped_column(Text)
    challenge: Mapped[str] = mapped_column(Text)
    app_state: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OidcCode(Base):
    """What the provider has said about a person, for the application that knows the code and its verifier.

    `sealed` are the provider's tokens, encrypted.
    """

    __tablename__ = "oidc_code"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    challenge: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    is_verified: Mapped[bool]
    username: Mapped[str | None] = mapped_column(Text)
    display_name: Mapped[str | None] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OidcIdentity(BaseModel):
    """An account at a provider that signs in to an account here.

    `sealed` are the newest tokens of the provider, encrypted. `checked_at` is when the provider last vouched for it.
    `leased_until` keeps two processes from asking at once.
    """

    __tablename__ = "oidc_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    checked_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]


DELETE_OLD_FLOWS = delete_before("oidc_flow", "expires_at", "state_hash")
DELETE_OLD_CODES = delete_before("oidc_code", "expires_at", "code_hash")
_ADD_FLOW = """
INSERT INTO oidc_flow
    (state_hash, browser_hash, provider, nonce, verifier, redirect, challenge, app_state, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
# Of two calls that use a row at once, the second waits for it, and then finds it deleted.
_USE_FLOW = """
DELETE FROM oidc_flow WHERE state_hash = $1 AND browser_hash = $2 AND provider = $3 AND expires_at > $4 RETURNING *
"""
_ADD_CODE = """
INSERT INTO oidc_code
    (code_hash, challenge, provider, issuer, subject, email, is_verified, username, display_name, sealed, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_LOCK_CODE = "SELECT issuer, subject FROM oidc_code WHERE code_hash = $1 AND challenge = $2 FOR UPDATE"
_USE_CODE = "DELETE FROM oidc_code WHERE code_hash = $1 AND challenge = $2 AND expires_at > $3 RETURNING *"
# Two sign-ins of a person who has no account yet would otherwise create two.
_LOCK_SUBJECT = "SELECT pg_advisory_xact_lock(hashtextextended($1 || chr(10) || $2, 0))"
_FIND = "SELECT id, account_id, sealed FROM oidc_identity WHERE issuer = $1 AND subject = $2"
_ADD = """
INSERT INTO oidc_identity
    (id, account_id, provider, issuer, subject, email, sealed, checked_at, last_used_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $8)
"""
_NOTE_USE = """
UPDATE oidc_identity SET provider = $2, email = $3, sealed = $4, checked_at = $5, last_used_at = $5, updated_at = $5
WHERE id = $1
"""
_LIST = """
SELECT id, provider, issuer, email, created_at, last_used_at FROM oidc_identity WHERE account_id = $1
ORDER BY created_at DESC, id
"""
_DELETE = "DELETE FROM oidc_identity WHERE id = $1 AND account_id = $2 RETURNING provider, email"
_DELETE_OF_ACCOUNT = """
DELETE FROM oidc_identity WHERE account_id = $1 AND ($2::timestamptz IS NULL OR created_at < $2)
RETURNING id, provider, email
"""
# By the clock of the database: processes' clocks may differ.
_LEASE = """
UPDATE oidc_identity SET leased_until = statement_timestamp() + make_interval(secs => $2)
WHERE id = $1 AND (leased_until IS NULL OR leased_until < statement_timestamp())
RETURNING provider, issuer, subject, sealed, checked_at, leased_until
"""
_FIND_CHECKED_AT = "SELECT checked_at FROM oidc_identity WHERE id = $1"
# The owner may have signed in meanwhile: newer tokens stay.
_NOTE_CHECK = """
UPDATE oidc_identity SET checked_at = greatest(checked_at, $3),
    sealed = CASE WHEN sealed = $2 THEN $4 ELSE sealed END
WHERE id = $1
"""
# Another process may have leased it since: this one was too slow.
_END_LEASE = "UPDATE oidc_identity SET leased_until = NULL WHERE id = $1 AND leased_until = $2"


async def add_flow(connection: DatabaseConnection, *values: object) -> None:
    await connection.execute(_ADD_FLOW, *values)


async def use_flow(
    connection: DatabaseConnection, state_hash: bytes, browser_hash: bytes, provider: str, at: datetime
) -> Any | None:
    """Deletes a sign-in and returns it. None if this browser has not begun it with this provider, or it has expired."""
    rows = await connection.fetch(_USE_FLOW, state_hash, browser_hash, provider, at)
    return rows[0] if rows else None


async def add_code(connection: DatabaseConnection, *values: object) -> None:
    await connection.execute(_ADD_CODE, *values)


async def use_code(connection: DatabaseConnection, code_hash: bytes, challenge: str, at: datetime) -> Any | None:
    """Deletes a code and returns its row. None for an unknown or expired one, and for a wrong challenge."""
    rows = await connection.fetch(_USE_CODE, code_hash, challenge, at)
    return rows[0] if rows else None


async def lock_code(connection: DatabaseConnection, code_hash: bytes, challenge: str) -> None:
    """Locks a code, and then the person at the provider that it is about, in the order of a sign-in."""
    for row in await connection.fetch(_LOCK_CODE, code_hash, challenge):
        await lock_subject(connection, row["issuer"], row["subject"])


async def lock_subject(connection: DatabaseConnection, issuer: str, subject: str) -> None:
    """Makes other transactions about this account of the provider wait for this one."""
    await connection.execute(_LOCK_SUBJECT, issuer, subject)


async def find_identity(connection: DatabaseConnection, issuer: str, subject: str) -> Any | None:
    rows = await connection.fetch(_FIND, issuer, subject)
    return rows[0] if rows else None


async def add_identity(connection: DatabaseConnection, *values: object) -> None:
    await connection.execute(_ADD, *values)


async def note_use(
    connection: DatabaseConnection, identity_id: UUID, provider: str, email: str | None, sealed: bytes, at: datetime
) -> None:
    await connection.execute(_NOTE_USE, identity_id, provider, email, sealed, at)


async def list_identities(connection: DatabaseConnection, account_id: UUID) -> list[Any]:
    """Returns the identities of an account, the newest first."""
    return list(await connection.fetch(_LIST, account_id))


async def delete_identity(connection: DatabaseConnection, identity_id: UUID, account_id: UUID) -> Any | None:
    rows = await connection.fetch(_DELETE, identity_id, account_id)
    return rows[0] if rows else None


async def delete_of_account(connection: DatabaseConnection, account_id: UUID, before: datetime | None) -> list[Any]:
    """Deletes the identities of an account from before a time (None: all), and returns them."""
    return list(await connection.fetch(_DELETE_OF_ACCOUNT, account_id, before))


async def lease(connection: DatabaseConnection, identity_id: UUID, seconds: float) -> Any | None:
    """Returns an identity, unless another process asks the provider about it now."""
    rows = await connection.fetch(_LEASE, identity_id, seconds)
    return rows[0] if rows else None


async def find_checked_at(connection: DatabaseConnection, identity_id: UUID) -> datetime | None:
    checked_at: datetime | None = await connection.fetchval(_FIND_CHECKED_AT, identity_id)
    return checked_at


async def note_check(
    connection: DatabaseConnection, identity_id: UUID, sealed: bytes, at: datetime, newer: bytes
) -> None:
    """Notes that the provider vouches for the identity, and replaces the tokens that it was asked with."""
    await connection.execute(_NOTE_CHECK, identity_id, sealed, at, newer)


async def end_lease(connection: DatabaseConnection, identity_id: UUID, until: datetime) -> None:
    await connection.execute(_END_LEASE, identity_id, until)
