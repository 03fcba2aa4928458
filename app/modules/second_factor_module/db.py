"""Authenticators, recovery codes, and the count of wrong codes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_before


class TotpFactor(Base):
    """The authenticator app of an account.

    `secret` is encrypted. It is a factor from `confirmed_at` on. `last_step` is the number of the 30 seconds whose code
    was used last: codes up to it are refused.
    """

    __tablename__ = "totp_factor"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """The hash of a recovery code that is unused. A used one is deleted."""

    __tablename__ = "recovery_code"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class WrongCodes(Base):
    """The number of wrong codes that were given for an account on a day (UTC)."""

    __tablename__ = "wrong_codes"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    count: Mapped[int] = mapped_column(Integer)


_SET_UP = """
INSERT INTO totp_factor (account_id, secret, created_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at
WHERE totp_factor.confirmed_at IS NULL RETURNING true
"""
_FIND = "SELECT secret, last_step, confirmed_at FROM totp_factor WHERE account_id = $1 FOR UPDATE"
_CONFIRM = "UPDATE totp_factor SET confirmed_at = $2, last_step = $3 WHERE account_id = $1"
_USE_STEP = "UPDATE totp_factor SET last_step = $2 WHERE account_id = $1"
_IS_SET = "SELECT EXISTS (SELECT FROM totp_factor WHERE account_id = $1 AND confirmed_at IS NOT NULL)"
_LIST = """
SELECT f.account_id, (SELECT count(*) FROM recovery_code c WHERE c.account_id = f.account_id) AS codes
FROM totp_factor f WHERE f.account_id = ANY($1::uuid[]) AND f.confirmed_at IS NOT NULL
"""
_DELETE = """
DELETE FROM totp_factor WHERE account_id = $1 AND ($2::timestamptz IS NULL OR created_at < $2) RETURNING confirmed_at
"""
_DELETE_CODES = "DELETE FROM recovery_code WHERE account_id = $1"
_STORE_CODES = "INSERT INTO recovery_code (account_id, code_hash) SELECT $1, unnest($2::bytea[])"
# Of two calls that use a code at once, the second waits for the row, and then finds it deleted.
_USE_CODE = "DELETE FROM recovery_code WHERE account_id = $1 AND code_hash = $2 RETURNING true"
_HAS_CODES = "SELECT EXISTS (SELECT FROM recovery_code WHERE account_id = $1)"
_ADD_WRONG = """
INSERT INTO wrong_codes (account_id, day, count) VALUES ($1, $2, 1)
ON CONFLICT (account_id, day) DO UPDATE SET count = wrong_codes.count + 1
"""
_COUNT_WRONG = """
SELECT coalesce(sum(count), 0) AS total, min(day) AS first FROM wrong_codes WHERE account_id = $1 AND day > $2
"""
_DELETE_WRONG = "DELETE FROM wrong_codes WHERE account_id = $1"
DELETE_OLD = delete_before("wrong_codes", "day", "account_id", "day")


async def set_up(connection: DatabaseConnection, account_id: UUID, secret: bytes, at: datetime) -> bool:
    """Stores a secret that is not confirmed yet. Returns False if the account has a confirmed one."""
    return bool(await connection.fetchval(_SET_UP, account_id, secret, at))


async def find_factor(connection: DatabaseConnection, account_id: UUID) -> Any | None:
    """Returns the authenticator of an account, confirmed or not, and locks it."""
    rows = await connection.fetch(_FIND, account_id)
    return rows[0] if rows else None


async def confirm(connection: DatabaseConnection, account_id: UUID, at: datetime, step: int) -> None:
    await connection.execute(_CONFIRM, account_id, at, step)


async def use_step(connection: DatabaseConnection, account_id: UUID, step: int) -> None:
    await connection.execute(_USE_STEP, account_id, step)


async def is_set(connection: DatabaseConnection, account_id: UUID) -> bool:
    return bool(await connection.fetchval(_IS_SET, account_id))


async def list_code_counts(connection: DatabaseConnection, account_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Returns the numbers of unused recovery codes of those accounts that have an authenticator."""
    return {row["account_id"]: row["codes"] for row in await connection.fetch(_LIST, list(account_ids))}


async def delete_factor(connection: DatabaseConnection, account_id: UUID, before: datetime | None = None) -> bool:
    """Deletes the authenticator, if it was set up before a time, and its codes. Returns True if it was confirmed."""
    deleted = await connection.fetch(_DELETE, account_id, before)
    if deleted:
        await connection.execute(_DELETE_CODES, account_id)
    return bool(deleted) and deleted[0]["confirmed_at"] is not None


async def replace_codes(connection: DatabaseConnection, account_id: UUID, hashes: Sequence[bytes]) -> None:
    await connection.execute(_DELETE_CODES, account_id)
    await connection.execute(_STORE_CODES, account_id, list(hashes))


async def use_code(connection: DatabaseConnection, account_id: UUID, code_hash: bytes) -> bool:
    """Deletes a recovery code. Returns False if it is unknown or was used."""
    return bool(await connection.fetchval(_USE_CODE, account_id, code_hash))


async def has_codes(connection: DatabaseConnection, account_id: UUID) -> bool:
    return bool(await connection.fetchval(_HAS_CODES, account_id))


async def add_wrong(connection: DatabaseConnection, account_id: UUID, day: date) -> None:
    await connection.execute(_ADD_WRONG, account_id, day)


async def count_wrong(connection: DatabaseConnection, account_id: UUID, after: date) -> tuple[int, date | None]:
    """Returns the number of wrong codes after a day, and the first day that has any."""
    (row,) = await connection.fetch(_COUNT_WRONG, account_id, after)
    return row["total"], row["first"]


async def forget_wrong(connection: DatabaseConnection, account_id: UUID) -> None:
    await connection.execute(_DELETE_WRONG, account_id)
