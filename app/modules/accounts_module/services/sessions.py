"""Signing in and out, and what becomes of a session in between."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.db.cruds import sessions as crud
from app.modules.accounts_module.db.cruds.accounts import find_credentials
from app.modules.accounts_module.db.models import AuthSession
from app.modules.accounts_module.errors import InvalidToken, SessionNotFound, WrongCredentials
from app.modules.accounts_module.schemas import SessionRead, TokenPair
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.tokens import Identity, Tokens
from app.modules.base_module.schemas import Moment, Page
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.services.rate_limits import RateLimits, network_of
from app.utils.canonical import canonical_login


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody signs in from, as the list of sessions shows it."""

    user_agent: str
    address: str


class Credentials(NamedTuple):
    """What the right password was found by."""

    account_id: UUID
    password_hash: str


async def check_credentials(
    database: Database, passwords: Passwords, limits: RateLimits, *, login: str, password: str, address: str
) -> Credentials:
    """Of the account that these belong to, else WrongCredentials, or RateLimited after too many tries.

    A login that nobody has is counted like any other. No connection is held while the hash is computed.
    """
    who, _ = canonical_login(login)
    limits.hit(limits.rates.sign_in_address, "sign-in from", network_of(address))
    limits.check(limits.rates.sign_in, "wrong for", who)
    async with database.connection() as connection:
        row = await find_credentials(connection, login)
    if not await passwords.verify(password, row["password_hash"] if row else None) or row is None:
        limits.hit(limits.rates.sign_in, "wrong for", who)
        raise WrongCredentials
    return Credentials(UUID(str(row["id"])), row["password_hash"])


async def open_session(
    work: UnitOfWork, tokens: Tokens, revocations: Revocations, account_id: UUID, device: Device, *, most: int
) -> TokenPair:
    """One more device. Beyond `most`, those that were used least lately are signed out."""
    now = datetime.now(UTC)
    session = AuthSession(
        id=uuid4(),
        account_id=account_id,
        generation=1,
        user_agent=device.user_agent[:256],
        address=device.address[:64],
        last_used_at=now,
        expires_at=now + tokens.refresh_lifetime,
    )
    work.session.add(session)
    await work.session.flush()
    revoked = await crud.revoke_beyond(work.session, now, account_id, most)
    work.after_commit(lambda: revocations.announce(revoked, now))
    return _pair(tokens, Identity(account_id, session.id), 1)


async def refresh(
    work: UnitOfWork, tokens: Tokens, revocations: Revocations, limits: RateLimits, refresh_token: str
) -> TokenPair:
    """A new pair for an unspent token, else InvalidToken, or RateLimited after too many of one session.

    A token that was spent before is in two hands: the session ends, and that is kept although the answer is a refusal.
    """
    claim = tokens.read_refresh(refresh_token)
    limits.hit(limits.rates.refresh_session, "refresh of", claim.session_id.int)
    now = datetime.now(UTC)
    session = await crud.spend_generation(work.session, claim.session_id, claim.generation, now)
    if session is None:
        revoked = await crud.revoke(work.session, now, session_id=claim.session_id)
        await work.keep()
        revocations.announce(revoked, now)
        raise InvalidToken
    session.expires_at = now + tokens.refresh_lifetime
    await work.session.flush()
    return _pair(tokens, Identity(session.account_id, session.id), session.generation)


async def list_sessions(work: UnitOfWork, identity: Identity, cursor: str | None, limit: int) -> Page[SessionRead]:
    """The one used last first."""
    before = decode_cursor(cursor, tuple[Moment, UUID]) if cursor else None
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
    next_cursor = encode_cursor(items[-1].last_used_at, items[-1].id) if len(rows) > limit else None
    return Page(items=items, next_cursor=next_cursor)


async def end_session(work: UnitOfWork, revocations: Revocations, account_id: UUID, session_id: UUID) -> None:
    """Ends one of one's own sessions; SessionNotFound for anyone else's."""
    now = datetime.now(UTC)
    revoked = await crud.revoke(work.session, now, account_id=account_id, session_id=session_id)
    if not revoked:
        raise SessionNotFound
    work.after_commit(lambda: revocations.announce(revoked, now))


async def end_other_sessions(work: UnitOfWork, revocations: Revocations, identity: Identity) -> None:
    now = datetime.now(UTC)
    revoked = await crud.revoke(work.session, now, account_id=identity.account_id, keep=identity.session_id)
    work.after_commit(lambda: revocations.announce(revoked, now))


async def end_all_sessions(work: UnitOfWork, account_id: UUID) -> int:
    """How many there were. Every process sees it within a second, as it sees any revocation."""
    return len(await crud.revoke(work.session, datetime.now(UTC), account_id=account_id))


def _pair(tokens: Tokens, identity: Identity, generation: int) -> TokenPair:
    return TokenPair(
        access_token=tokens.make_access(identity),
        refresh_token=tokens.make_refresh(identity.session_id, generation),
        expires_in=int(tokens.access_lifetime.total_seconds()),
    )
