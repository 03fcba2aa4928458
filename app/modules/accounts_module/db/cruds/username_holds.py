"""Usernames that are held for their former owners."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_before
from app.modules.accounts_module.db.models import UsernameHold

# Hand-written: each sign-up runs it.
_RELEASE = "DELETE FROM username_hold WHERE username = $1 RETURNING CASE WHEN held_until > $2 THEN account_id END"
DELETE_EXPIRED_HOLDS = delete_before("username_hold", "held_until", "username")


async def find_holder(session: AsyncSession, username: str, now: datetime) -> UUID | None:
    """Returns the account that a username is held for."""
    statement = select(UsernameHold.account_id).where(UsernameHold.username == username, UsernameHold.held_until > now)
    return await session.scalar(statement)


async def hold(session: AsyncSession, username: str, account_id: UUID, until: datetime, limit: int) -> None:
    """Holds a username for its former owner. The owner keeps the `limit` most recent holds."""
    values = {"account_id": account_id, "held_until": until}
    statement = insert(UsernameHold).values(username=username, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=[UsernameHold.username], set_=values))
    older = (
        select(UsernameHold.username)
        .where(UsernameHold.account_id == account_id)
        .order_by(UsernameHold.held_until.desc())
        .offset(limit)
    )
    await session.execute(delete(UsernameHold).where(UsernameHold.username.in_(older)))


async def release(connection: DatabaseConnection, username: str, now: datetime) -> UUID | None:
    """Ends the hold of a username that is in use again. Returns the account that it was held for."""
    holder: UUID | None = await connection.fetchval(_RELEASE, username, now)
    return holder
