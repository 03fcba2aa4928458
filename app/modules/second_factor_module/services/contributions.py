"""What this module adds to accounts: the factors, fields of the own account, a condition for admins, their removal."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.extension import AccountHook, AccountPart, AdminCheck, OwnerHook, SecondFactor
from app.modules.accounts_module.services.sealing import Sealer
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.second_factor_module import db
from app.modules.second_factor_module.errors import CodeRefused, SecondFactorMissing, WrongCode
from app.modules.second_factor_module.services.factors import TOTP, WINDOW, check_code, remove
from app.modules.second_factor_module.settings import GIVE_CODE, SecondFactorSettings
from app.modules.streams_module.services.log import Log
from app.services.context import Context, WorkContext
from app.services.rate_limits import RateLimits


async def _has_totp(context: Context, account_id: UUID) -> bool:
    return await db.is_set(context.connection, account_id)


async def _has_codes(context: Context, account_id: UUID) -> bool:
    return await db.has_codes(context.connection, account_id)


async def _check_code(context: WorkContext, account_id: UUID, code: str) -> None:
    """Uses a code of a signed-in user. Raises CodeRefused, since the session stays open; or RateLimited."""
    context.container.get(RateLimits).hit(GIVE_CODE, str(account_id))
    sealer = context.container.get(Sealer)
    await sealer.prepare()
    try:
        await check_code(context.work, sealer, account_id, code)
    except (InvalidToken, WrongCode):
        raise CodeRefused from None


async def _check_admin(context: Context, account_id: UUID) -> None:
    is_required = context.container.get(SecondFactorSettings).required_for_admins
    if is_required and not await db.is_set(context.connection, account_id):
        raise SecondFactorMissing


async def _describe_totp(context: Context, _: UUID, account_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return dict.fromkeys(await db.list_code_counts(context.connection, account_ids), True)


async def _describe_codes(context: Context, _: UUID, account_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return await db.list_code_counts(context.connection, account_ids)


async def _erase(context: WorkContext, account_id: UUID) -> None:
    await db.delete_factor(context.connection, account_id)
    await db.forget_wrong(context.connection, account_id)


async def _remove_earlier(context: WorkContext, account_id: UUID, before: datetime | None) -> None:
    await remove(context.work, context.container.get(Log), account_id, before)


async def _delete_old(context: JobContext, _: Nothing) -> None:
    await context.delete_in_chunks(db.DELETE_OLD, (context.at - WINDOW).date())


_ENABLED = Annotated[bool, Field(description="true if signing in needs a code", examples=[True])]
_LEFT = Annotated[int, Field(description="unused recovery codes", examples=[10])]
FACTOR = SecondFactor(TOTP, _has_totp, check=_check_code)
CODES = SecondFactor("recovery_code", _has_codes, is_demanded=False)
TOTP_ENABLED = AccountPart("totp_enabled", _ENABLED, empty=False, describe=_describe_totp, is_own=True)
CODES_LEFT = AccountPart("recovery_codes_left", _LEFT, empty=0, describe=_describe_codes, is_own=True)
ADMINS = AdminCheck("second_factor", _check_admin, refuses=(SecondFactorMissing,))
ERASE_FACTOR = AccountHook.at_once("second_factor", _erase)
NEW_OWNER = OwnerHook("second_factor", _remove_earlier)
CLEANUP = Job("second_factor.delete_old_counts", Nothing, _delete_old)
CLEANUP_SCHEDULE = Schedule(CLEANUP, timedelta(hours=6))
