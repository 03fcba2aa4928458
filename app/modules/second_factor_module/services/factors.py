"""Sets up, checks and removes the second factor of an account."""

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from loguru import logger

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.services.sealing import Sealer
from app.modules.accounts_module.services.security import append_security_event
from app.modules.second_factor_module import db
from app.modules.second_factor_module.errors import CodeRefused, FactorExists, NoFactor, NoFactorToConfirm, WrongCode
from app.modules.second_factor_module.services import codes
from app.modules.streams_module.services.log import Log, now
from app.services.errors import RateLimited
from app.utils.secrets import hash_of

MAX_WRONG = 100
"""Wrong codes of an account within WINDOW."""
WINDOW = timedelta(days=31)
TOTP, RECOVERY_CODES = "totp", "recovery_codes"


async def set_up(connection: DatabaseConnection, sealer: Sealer, account_id: UUID) -> str:
    """Returns a new secret, which becomes a factor when it is confirmed. Raises FactorExists."""
    secret = codes.new_secret()
    if not await db.set_up(connection, account_id, sealer.seal(account_id.bytes, secret), now()):
        raise FactorExists
    return secret


async def confirm(work: UnitOfWork, log: Log, sealer: Sealer, account_id: UUID, code: str) -> list[str]:
    """Makes the authenticator a factor. The account's stream must be locked.

    Returns the recovery codes. Raises NoFactorToConfirm or CodeRefused.
    """
    raw, at = await work.raw(), now()
    factor = await db.find_factor(raw, account_id)
    if factor is None or factor["confirmed_at"] is not None:
        raise NoFactorToConfirm
    step = _find_step(sealer, account_id, factor, codes.normalize(code), at)
    if step is None:
        raise CodeRefused
    await db.confirm(raw, account_id, at, step)
    await append_security_event(work, log, account_id, "security.factor_added", factor=TOTP)
    return await _issue_codes(raw, account_id)


async def renew_codes(work: UnitOfWork, log: Log, account_id: UUID) -> list[str]:
    """Replaces the recovery codes. Raises NoFactor."""
    await append_security_event(work, log, account_id, "security.factor_added", factor=RECOVERY_CODES)
    raw = await work.raw()
    if not await db.is_set(raw, account_id):
        raise NoFactor
    return await _issue_codes(raw, account_id)


async def remove(work: UnitOfWork, log: Log, account_id: UUID, before: datetime | None = None) -> bool:
    """Removes the authenticator and the recovery codes, also an authenticator that is not confirmed yet.

    One that was set up at `before` or later stays. Returns True if the account had a factor.
    """
    await log.lock(work, accounts=[account_id])
    was_set = await db.delete_factor(await work.raw(), account_id, before)
    if was_set:
        await append_security_event(work, log, account_id, "security.factor_removed", factor=TOTP)
    return was_set


async def check_code(work: UnitOfWork, sealer: Sealer, account_id: UUID, code: str) -> None:
    """Uses a code, for the second step of a sign-in or in place of the password. The stream of the account is locked.

    A wrong code is counted, and that stays committed. Beyond MAX_WRONG only recovery codes are accepted: they cannot be
    guessed. Raises WrongCode, RateLimited, or InvalidToken if the account has no factor any more.
    """
    raw, at, given = await work.raw(), now(), codes.normalize(code)
    # Locked: codes of one account are checked one after the other, so that none is used twice or not counted.
    factor = await db.find_factor(raw, account_id)
    if factor is None or factor["confirmed_at"] is None:
        raise InvalidToken
    if not codes.is_totp(given) and await db.use_code(raw, account_id, hash_of(given)):
        return
    wrong, first_day = await db.count_wrong(raw, account_id, (at - WINDOW).date())
    if wrong >= MAX_WRONG and first_day is not None:
        ends_at = datetime.combine(first_day, datetime.min.time(), UTC) + WINDOW
        raise RateLimited(retry_after=max(ceil((ends_at - at).total_seconds()), 1))
    step = _find_step(sealer, account_id, factor, given, at)
    if step is None:
        await db.add_wrong(raw, account_id, at.date())
        await work.commit()
        raise WrongCode
    await db.use_step(raw, account_id, step)


def _find_step(sealer: Sealer, account_id: UUID, factor: Any, code: str, at: datetime) -> int | None:
    secret = sealer.open(account_id.bytes, factor["secret"])
    if secret is None:
        logger.error("the second factor of account {} cannot be read: AUTH_SECRET was changed", account_id)
        return None
    return codes.find_step(secret, code, at, factor["last_step"])


async def _issue_codes(connection: DatabaseConnection, account_id: UUID) -> list[str]:
    issued = codes.new_recovery_codes()
    await db.replace_codes(connection, account_id, [hash_of(codes.normalize(code)) for code in issued])
    return issued
