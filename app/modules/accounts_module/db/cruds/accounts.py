from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.modules.accounts_module.db.models import Account, AccountPresence

# Hand-written: sign-in reads one row by key, and must not hold a session while a password is hashed.
FIND_CREDENTIALS_BY_EMAIL = "SELECT id, password_hash FROM account WHERE lower(email) = lower($1)"
FIND_CREDENTIALS_BY_USERNAME = "SELECT id, password_hash FROM account WHERE username = lower($1)"


async def find_account(session: AsyncSession, account_id: UUID) -> Account | None:
    return await session.get(Account, account_id)


async def find_by_login(session: AsyncSession, login: str) -> Account | None:
    """By username or email, as one signs in."""
    column = func.lower(Account.email) if "@" in login else Account.username
    return (await session.scalars(select(Account).where(column == login.lower()))).one_or_none()


async def replace_hash(session: AsyncSession, account_id: UUID, old: str, new: str) -> None:
    """Where the old one still stands."""
    await session.execute(
        update(Account).where(Account.id == account_id, Account.password_hash == old).values(password_hash=new)
    )


def _people() -> Any:
    online = func.coalesce(AccountPresence.online_until > datetime.now(UTC), False)
    return select(
        Account.id,
        Account.username,
        Account.display_name,
        Account.bio,
        online.label("online"),
        AccountPresence.last_seen_at,
    ).outerjoin(AccountPresence, AccountPresence.account_id == Account.id)


async def find_person(session: AsyncSession, account_id: UUID) -> Any | None:
    """The public fields of one account."""
    return (await session.execute(_people().where(Account.id == account_id))).one_or_none()


async def list_people(session: AsyncSession, query: str, after_username: str, limit: int) -> list[Any]:
    """Public fields of those whose username or display name contains `query`, by username."""
    statement = _people().where(Account.username > after_username).order_by(Account.username).limit(limit)
    if query:
        wanted = query.lower()
        statement = statement.where(
            or_(
                Account.username.contains(wanted, autoescape=True),
                func.lower(Account.display_name).contains(wanted, autoescape=True),
            )
        )
    return list((await session.execute(statement)).all())


async def list_existing_ids(session: AsyncSession, account_ids: set[UUID]) -> set[UUID]:
    return set((await session.scalars(select(Account.id).where(Account.id.in_(account_ids)))).all())
