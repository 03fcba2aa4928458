"""Queries on accounts by id, username or login."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.db.connection import DatabaseConnection
from app.modules.accounts_module.db.models import Account
from app.utils.canonical import canonical_login

# Hand-written: sign-in reads one row by key, and must not hold an ORM session while a password is hashed. Accounts that
# are older than the rule of one account per mailbox may share a key. Then the exact spelling of the email decides.
#
# Addresses are those of all open sessions and of some ended ones: a script may sign in thousands of times.
_CREDENTIALS = """
SELECT id, password_hash, ARRAY(
    SELECT address FROM auth_session WHERE account_id = account.id AND revoked_at IS NULL
    UNION (SELECT address FROM auth_session WHERE account_id = account.id LIMIT 100)
) AS addresses
FROM account
"""
_FIND_BY_EMAIL = f"{_CREDENTIALS} WHERE email_key = $1 ORDER BY email = $2 DESC, email_copy LIMIT 1"
_FIND_BY_USERNAME = f"{_CREDENTIALS} WHERE username = $1 AND erased_at IS NULL"

# An erasure waits for the lock, or this statement waits for the erasure.
_LOCK_UNCHANGED = """
SELECT id FROM account WHERE id = $1 AND erased_at IS NULL AND ($2::text IS NULL OR password_hash = $2) FOR KEY SHARE
"""

_FIND_ID = "SELECT id FROM account WHERE username = $1"
_FIND_NAMES = "SELECT username, email FROM account WHERE id = $1 AND erased_at IS NULL"
_LIST_EXISTING = "SELECT id FROM account WHERE id = ANY($1) AND erased_at IS NULL"
_REPLACE_HASH = "UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id"


async def find_credentials(connection: DatabaseConnection, login: str) -> Any | None:
    """Returns the id and password hash of the account with this username or email, and addresses of its sessions."""
    key, is_email = canonical_login(login)
    rows = await (
        connection.fetch(_FIND_BY_EMAIL, key, login.strip()) if is_email else connection.fetch(_FIND_BY_USERNAME, key)
    )
    return rows[0] if rows else None


async def lock_unchanged(connection: DatabaseConnection, account_id: UUID, password_hash: str | None) -> bool:
    """Locks an account against its erasure. Returns False if it is erased, or has another hash than a given one."""
    return bool(await connection.fetch(_LOCK_UNCHANGED, account_id, password_hash))


async def find_account(session: AsyncSession, account_id: UUID, *, for_update: bool = False) -> Account | None:
    """Returns an account, or None if it does not exist or is erased."""
    account = await session.get(Account, account_id, with_for_update=for_update or None)
    return account if account is not None and account.erased_at is None else None


async def find_id(connection: DatabaseConnection, username: str) -> UUID | None:
    """Returns the id of the account with this username, in its canonical form, even if the account is erased."""
    account_id: UUID | None = await connection.fetchval(_FIND_ID, username)
    return account_id


async def find_names(connection: DatabaseConnection, account_id: UUID) -> Any | None:
    """Returns the username and the email of an account. None if it does not exist or is erased."""
    rows = await connection.fetch(_FIND_NAMES, account_id)
    return rows[0] if rows else None


async def find_by_login(session: AsyncSession, login: str) -> Account | None:
    """Returns the account with this username or email, as sign-in finds it. Bots do not sign in."""
    key, is_email = canonical_login(login)
    named = Account.email_key == key if is_email else Account.username == key
    order = ((Account.email == login.strip()).desc(), Account.email_copy)
    signs_in = Account.erased_at.is_(None) & Account.is_bot.is_(False)
    found = select(Account).where(named, signs_in).order_by(*order).limit(1)
    return (await session.scalars(found)).one_or_none()


async def find_hash(connection: DatabaseConnection, account_id: UUID) -> str | None:
    """Returns the password hash of an account. None without a password."""
    found: str | None = await connection.fetchval("SELECT password_hash FROM account WHERE id = $1", account_id)
    return found


async def replace_hash(connection: DatabaseConnection, account_id: UUID, old: str, new: str) -> bool:
    """Replaces the password hash if it is still `old`. Returns True if it was."""
    return bool(await connection.fetch(_REPLACE_HASH, account_id, old, new))


async def list_refusing_ids(session: AsyncSession, account_ids: set[UUID]) -> set[UUID]:
    """Returns those of the accounts that do not let others add them to groups and channels."""
    statement = select(Account.id).where(Account.id.in_(account_ids), Account.who_may_add == "nobody")
    return set((await session.scalars(statement)).all())


async def list_existing_ids(connection: DatabaseConnection, account_ids: Collection[UUID]) -> set[UUID]:
    return {row["id"] for row in await connection.fetch(_LIST_EXISTING, list(account_ids))}
