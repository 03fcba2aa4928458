"""Queries on sessions: finding, refreshing, listing, revoking and deleting them."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_before
from app.modules.accounts_module.db.models import AuthSession

# Hand-written: each process polls it every second. A row can be committed later than its `revoked_at`, so the caller
# reads with an overlap.
LIST_REVOKED = "SELECT id, revoked_at FROM auth_session WHERE revoked_at > $1"

# Hand-written: run for the sessions with open connections.
LIST_LIVE = """
SELECT id, expires_at FROM auth_session WHERE id = ANY($1::uuid[]) AND revoked_at IS NULL AND expires_at > $2
"""
# Hand-written: run for the same sessions. A refresh checks what a session with an origin depends on.
LIST_UNCHECKED = """
SELECT id FROM auth_session WHERE id = ANY($1::uuid[]) AND origin IS NOT NULL AND last_used_at < $2
"""
LIST_LIVE_OF = "SELECT id FROM auth_session WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2"

DELETE_ENDED = [delete_before("auth_session", column, "id") for column in ("revoked_at", "expires_at")]

# Hand-written: each sign-in runs it.
_OPEN = """
WITH opened AS (
    INSERT INTO auth_session
        (id, account_id, generation, user_agent, address, origin, created_at, last_used_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)
)
UPDATE auth_session SET revoked_at = $7, updated_at = now() WHERE id IN (
    SELECT id FROM auth_session WHERE account_id = $2 AND revoked_at IS NULL AND expires_at > $7
    ORDER BY last_used_at DESC, id OFFSET $9
)
RETURNING id
"""

_CLEAR_DEVICES = """
UPDATE auth_session SET user_agent = '', address = '' WHERE account_id = $1 AND (user_agent, address) <> ('', '')
"""


async def clear_devices(connection: DatabaseConnection, account_id: UUID) -> None:
    """Clears the user agents and addresses of an account's sessions.

    The rows stay until all processes have learnt that the sessions have ended.
    """
    await connection.execute(_CLEAR_DEVICES, account_id)


async def spend_generation(
    session: AsyncSession, session_id: UUID, generation: int, now: datetime
) -> AuthSession | None:
    """Spends a refresh token, atomically: of two concurrent calls, one gets the session and the other None."""
    statement = (
        update(AuthSession)
        .where(
            AuthSession.id == session_id,
            AuthSession.generation == generation,
            AuthSession.revoked_at.is_(None),
            AuthSession.expires_at > now,
        )
        .values(generation=generation + 1, last_used_at=now)
        .returning(AuthSession)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def find_just_refreshed(
    session: AsyncSession, session_id: UUID, generation: int, within: timedelta, now: datetime
) -> AuthSession | None:
    """Returns the session if `generation` was spent within this time and its successor is unspent."""
    statement = select(AuthSession).where(
        AuthSession.id == session_id,
        AuthSession.generation == generation + 1,
        # By the clock of the database: another process, with another clock, may have spent it.
        AuthSession.updated_at >= func.now() - within,
        AuthSession.revoked_at.is_(None),
        AuthSession.expires_at > now,
    )
    return (await session.scalars(statement)).one_or_none()


async def list_live_sessions(
    session: AsyncSession, account_id: UUID, now: datetime, before: tuple[datetime, UUID] | None, limit: int
) -> list[AuthSession]:
    """Returns the live sessions, the newest first.

    `before` are the time of creation and the id of the last session of the previous page. The order is not by the last
    use: a session that is used while a client reads the pages could appear on none of them.
    """
    key = tuple_(AuthSession.created_at, AuthSession.id)
    statement = (
        select(AuthSession)
        .where(AuthSession.account_id == account_id, AuthSession.revoked_at.is_(None), AuthSession.expires_at > now)
        .order_by(AuthSession.created_at.desc(), AuthSession.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(key < before)
    return list((await session.scalars(statement)).all())


async def find_origin(connection: DatabaseConnection, session_id: UUID) -> str | None:
    origin: str | None = await connection.fetchval("SELECT origin FROM auth_session WHERE id = $1", session_id)
    return origin


async def clear_origin(session: AsyncSession, session_id: UUID, origin: str) -> None:
    # `updated_at` stays the time of the last refresh.
    cleared = {"origin": None, "updated_at": AuthSession.updated_at}
    await session.execute(
        update(AuthSession).where(AuthSession.id == session_id, AuthSession.origin == origin).values(cleared)
    )


async def open_session(connection: DatabaseConnection, session: AuthSession, limit: int) -> list[UUID]:
    """Stores a session, and ends the least recently used ones of its account beyond `limit`. Returns their ids."""
    rows = await connection.fetch(
        _OPEN,
        session.id,
        session.account_id,
        session.generation,
        session.user_agent,
        session.address,
        session.origin,
        session.created_at,
        session.expires_at,
        limit - 1,
    )
    return [row["id"] for row in rows]


async def revoke(
    session: AsyncSession,
    now: datetime,
    *,
    account_id: UUID | None = None,
    session_id: UUID | None = None,
    keep: UUID | None = None,
    spent_generation: int | None = None,
    origin: str | None = None,
) -> list[UUID]:
    """Ends the live sessions that match all given conditions, and returns their ids.

    `keep` is a session to leave open. `spent_generation` ends a session only if its generation is newer.
    """
    statement = update(AuthSession).where(AuthSession.revoked_at.is_(None)).values(revoked_at=now)
    if account_id is not None:
        statement = statement.where(AuthSession.account_id == account_id)
    if session_id is not None:
        statement = statement.where(AuthSession.id == session_id)
    if keep is not None:
        statement = statement.where(AuthSession.id != keep)
    if spent_generation is not None:
        statement = statement.where(AuthSession.generation > spent_generation)
    if origin is not None:
        statement = statement.where(AuthSession.origin == origin)
    return list((await session.scalars(statement.returning(AuthSession.id))).all())
