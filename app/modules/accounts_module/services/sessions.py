"""Sessions: opening, refreshing, listing and ending them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import NoReturn
from uuid import UUID, uuid4

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.cruds import sessions as crud
from app.modules.accounts_module.db.cruds.accounts import lock_unchanged
from app.modules.accounts_module.db.models import AuthSession
from app.modules.accounts_module.errors import (
    InvalidToken,
    ReauthenticationRequired,
    SessionNotFound,
    WrongCredentials,
)
from app.modules.accounts_module.extension import Identity
from app.modules.accounts_module.schemas import SessionRead, TokenPair
from app.modules.accounts_module.services.hooks import is_refreshable
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.security import append_security_event
from app.modules.accounts_module.services.tokens import Tokens
from app.modules.accounts_module.settings import REFRESH_SESSION
from app.modules.base_module.schemas import Moment, Page
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.streams_module.services.log import Log
from app.services.rate_limits import RateLimits
from app.utils.container import Container

FRESH_FOR = timedelta(minutes=10)
"""The age up to which a session may change how its account is protected."""


@dataclass(frozen=True, slots=True)
class Device:
    """The device that a user signs in from, as the list of sessions shows it."""

    user_agent: str
    address: str


async def open_session(
    work: UnitOfWork,
    log: Log,
    tokens: Tokens,
    revocations: Revocations,
    account_id: UUID,
    device: Device,
    *,
    limit: int,
    origin: str | None = None,
    password_hash: str | None = None,
) -> TokenPair:
    """Opens a session and returns its tokens. Beyond `limit`, the least recently used sessions are ended.

    Raises WrongCredentials for an account that was erased meanwhile, or that no longer has the hash that the password
    was checked against: a new password ends all sessions, and this one would be left.
    """
    now = datetime.now(UTC)
    session = AuthSession(
        id=uuid4(),
        account_id=account_id,
        generation=1,
        user_agent=device.user_agent[:256],
        address=device.address[:64],
        origin=origin,
        created_at=now,
        last_used_at=now,
        expires_at=_find_expiry(tokens, now, now),
    )
    shown = {"session_id": session.id, "user_agent": session.user_agent, "address": session.address}
    await append_security_event(work, log, account_id, "security.signed_in", **shown)
    raw = await work.raw()
    # The password was checked a while ago. What was changed since has waited for the stream's lock, or shows here.
    if not await lock_unchanged(raw, account_id, password_hash):
        raise WrongCredentials
    revoked = await crud.open_session(raw, session, limit)
    work.after_commit(lambda: revocations.announce(revoked, now))
    return _make_token_pair(tokens, session)


async def refresh(
    work: UnitOfWork,
    tokens: Tokens,
    revocations: Revocations,
    limits: RateLimits,
    container: Container,
    refresh_token: str,
) -> TokenPair:
    """Returns a new pair of tokens for an unspent refresh token.

    A token that was spent within AUTH_REFRESH_REUSE_S seconds before the call gets the same pair again, while the new
    token is unspent: the first response was lost, or two tabs refresh at once. Any other spent token has been copied:
    the session ends, which is committed although the call is refused. Both also if the spent token has expired since. A
    token that is newer than the session was issued before a backup was restored: it is refused, and the session stays.

    A session whose origin is no longer valid ends. Raises InvalidToken, RateLimited after too many calls for one
    session, or what the check of an origin raises.
    """
    claim = tokens.read_refresh(refresh_token)
    limits.hit(REFRESH_SESSION, claim.session_id.int)
    presented = monotonic()
    # Before the first statement of `work`, so that no transaction is open while another server is asked. An expired
    # token is not spent: it gets at most the pair that an earlier call has got, which has asked.
    if not claim.is_expired and not await is_refreshable(container, claim.session_id):
        return await _end_and_refuse(work, revocations, claim.session_id)
    now, session = datetime.now(UTC), None
    if not claim.is_expired:
        session = await crud.spend_generation(work.session, claim.session_id, claim.generation, now)
    if session is not None:
        session.expires_at = _find_expiry(tokens, session.created_at, now)
        await work.session.flush()
        return _make_token_pair(tokens, session)
    reuse = tokens.settings.refresh_reuse
    if reuse:
        # The token came before another server was asked, which may take longer.
        reuse += timedelta(seconds=monotonic() - presented)
    session = await crud.find_just_refreshed(work.session, claim.session_id, claim.generation, reuse, now)
    if session is not None:
        return _make_token_pair(tokens, session)
    return await _end_and_refuse(work, revocations, claim.session_id, spent_generation=claim.generation)


async def list_sessions(work: UnitOfWork, identity: Identity, cursor: str | None, limit: int) -> Page[SessionRead]:
    """Returns the live sessions, the newest first."""
    before = decode_cursor(cursor, tuple[Moment, UUID], of="sessions") if cursor else None
    rows = await crud.list_live_sessions(work.session, identity.account_id, datetime.now(UTC), before, limit + 1)
    items = [
        SessionRead(
            id=session.id,
            user_agent=session.user_agent,
            address=session.address,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            current=session.id == identity.session_id,
        )
        for session in rows[:limit]
    ]
    next_cursor = encode_cursor(items[-1].created_at, items[-1].id, of="sessions") if len(rows) > limit else None
    return Page(items=items, next_cursor=next_cursor)


async def end_sessions(
    work: UnitOfWork,
    revocations: Revocations,
    account_id: UUID,
    *,
    session_id: UUID | None = None,
    keep: UUID | None = None,
    origin: str | None = None,
) -> list[UUID]:
    """Ends the live sessions of an account that match all given conditions, and returns their ids.

    `keep` is a session to leave open.
    """
    now = datetime.now(UTC)
    revoked = await crud.revoke(
        work.session, now, account_id=account_id, session_id=session_id, keep=keep, origin=origin
    )
    work.after_commit(lambda: revocations.announce(revoked, now))
    return revoked


async def end_session(work: UnitOfWork, revocations: Revocations, account_id: UUID, session_id: UUID) -> None:
    """Ends a session of the account. Raises SessionNotFound for a session of another account."""
    if not await end_sessions(work, revocations, account_id, session_id=session_id):
        raise SessionNotFound


async def end_own_session(work: UnitOfWork, revocations: Revocations, identity: Identity) -> None:
    """Ends the caller's session. Its row may have ended meanwhile, or be missing in a backup that was restored."""
    now = datetime.now(UTC)
    await crud.revoke(work.session, now, account_id=identity.account_id, session_id=identity.session_id)
    work.after_commit(lambda: revocations.announce([identity.session_id], now))


async def end_origin(work: UnitOfWork, revocations: Revocations, identity: Identity, origin: str) -> None:
    """Ends the caller's sessions with an origin. The session of this request stays, and does not depend on it."""
    await crud.clear_origin(work.session, identity.session_id, origin)
    await end_sessions(work, revocations, identity.account_id, origin=origin)


async def check_open(work: UnitOfWork, log: Log, identity: Identity) -> AuthSession | None:
    """Raises InvalidToken if the caller's session has ended since the request began: its body may have come slowly.

    Returns the session. None for a caller with another kind of token.
    """
    # What ends all sessions of an account, and what could be left behind by one of them, waits for the other.
    await log.lock(work, accounts=[identity.account_id])
    session = await work.session.get(AuthSession, identity.session_id)
    if session is not None and session.revoked_at is not None:
        raise InvalidToken
    return session


async def check_recent(work: UnitOfWork, log: Log, identity: Identity) -> None:
    """Raises ReauthenticationRequired unless the caller's session was opened within the last 10 minutes.

    Raises what `check_open` raises.
    """
    session = await check_open(work, log, identity)
    if session is None or session.created_at + FRESH_FOR < datetime.now(UTC):
        raise ReauthenticationRequired


async def _end_and_refuse(
    work: UnitOfWork, revocations: Revocations, session_id: UUID, spent_generation: int | None = None
) -> NoReturn:
    """Ends a session, which is committed although the request is refused. Raises InvalidToken."""
    now = datetime.now(UTC)
    revoked = await crud.revoke(work.session, now, session_id=session_id, spent_generation=spent_generation)
    await work.commit()
    revocations.announce(revoked, now)
    raise InvalidToken


def _find_expiry(tokens: Tokens, created_at: datetime, now: datetime) -> datetime:
    """Returns when a session that is used now expires, unless it is used again."""
    return min(now + tokens.settings.refresh_lifetime, created_at + tokens.settings.session_lifetime)


def _make_token_pair(tokens: Tokens, session: AuthSession) -> TokenPair:
    """Returns the tokens of the session's current generation. They are the same at each call."""
    issued_at, expires_at = session.last_used_at, session.expires_at
    # No token outlives its session.
    access_expires_at = min(issued_at + tokens.settings.access_lifetime, expires_at)
    return TokenPair(
        access_token=tokens.make_access(Identity(session.account_id, session.id), issued_at, access_expires_at),
        refresh_token=tokens.make_refresh(session.id, session.generation, issued_at, expires_at),
        token_type="bearer",  # noqa: S106 - the standard's word, no secret
        expires_in=int((access_expires_at - issued_at).total_seconds()),
    )
