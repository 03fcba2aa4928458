from typing import Annotated

from fastapi import APIRouter, status

from app.dependencies.dependency_db import Work
from app.dependencies.services_dependency import AppSettingsDep, LimitsDep, service
from app.modules.accounts_module.dependencies import DeviceDep, RecentSignIn, SignInServiceDep
from app.modules.accounts_module.errors import InvalidToken, ReauthenticationRequired
from app.modules.accounts_module.schemas import SignedIn
from app.modules.accounts_module.services.accounts import get_names
from app.modules.accounts_module.services.sealing import Sealer
from app.modules.base_module.schemas import refuses
from app.modules.second_factor_module.errors import CodeRefused, FactorExists, NoFactor, NoFactorToConfirm, WrongCode
from app.modules.second_factor_module.schemas import CodeGiven, RecoveryCodes, SecondStep, TotpSecret
from app.modules.second_factor_module.services import factors
from app.modules.second_factor_module.services.codes import otpauth_url
from app.modules.second_factor_module.settings import GIVE_CODE
from app.modules.streams_module.dependencies import LogDep
from app.services.rate_limits import network_of

router = APIRouter(prefix="/accounts")
SealerDep = Annotated[Sealer, service(Sealer)]


@router.post("/me/totp", openapi_extra=refuses(ReauthenticationRequired, FactorExists))
async def set_up(identity: RecentSignIn, work: Work, sealer: SealerDep, settings: AppSettingsDep) -> TotpSecret:
    """Returns a secret for an authenticator app. It is a second factor as soon as a code of the app confirms it."""
    await sealer.prepare()
    secret = await factors.set_up(await work.raw(), sealer, identity.account_id)
    username, _ = await get_names(work, identity.account_id)
    return TotpSecret(secret=secret, otpauth_url=otpauth_url(secret, username, settings.title))


@router.post("/me/totp/confirm", openapi_extra=refuses(ReauthenticationRequired, NoFactorToConfirm, CodeRefused))
async def confirm(
    body: CodeGiven, identity: RecentSignIn, limits: LimitsDep, work: Work, log: LogDep, sealer: SealerDep
) -> RecoveryCodes:
    """Confirms the authenticator app with one of its codes. From now on each sign-in needs a code."""
    limits.hit(GIVE_CODE, str(identity.account_id))
    await sealer.prepare()
    return RecoveryCodes(recovery_codes=await factors.confirm(work, log, sealer, identity.account_id, body.code))


@router.post("/me/totp/recovery-codes", openapi_extra=refuses(ReauthenticationRequired, NoFactor))
async def renew_codes(identity: RecentSignIn, work: Work, log: LogDep) -> RecoveryCodes:
    """Replaces the recovery codes by new ones."""
    return RecoveryCodes(recovery_codes=await factors.renew_codes(work, log, identity.account_id))


@router.post(
    "/me/totp/disable", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(ReauthenticationRequired)
)
async def disable(identity: RecentSignIn, work: Work, log: LogDep) -> None:
    """Removes the authenticator app and the recovery codes. It changes nothing if there is none."""
    await factors.remove(work, log, identity.account_id)


@router.post("/second-factor", openapi_extra=refuses(InvalidToken, WrongCode))
async def second_step(
    body: SecondStep,
    device: DeviceDep,
    limits: LimitsDep,
    work: Work,
    sealer: SealerDep,
    sign_in_service: SignInServiceDep,
) -> SignedIn:
    """Opens a session with the ticket of a sign-in and a code. Each code works once."""
    try:
        claim = await sign_in_service.read_ticket(body.ticket)
    except InvalidToken:
        limits.hit(GIVE_CODE, network_of(device.address))
        raise
    # Strangers in the network of the device must not use up its attempts. Those of the account are counted, too.
    limits.hit(GIVE_CODE, claim.device.device_id.hex)
    await sealer.prepare()
    await sign_in_service.lock(claim)
    await factors.check_code(work, sealer, claim.device.account_id, body.code)
    return await sign_in_service.complete(claim)
