from typing import Annotated

from fastapi import APIRouter, Depends, status

from app.dependencies.dependency_db import Work
from app.dependencies.services_dependency import AppSettingsDep, ContainerDep, LimitsDep, service
from app.modules.accounts_module.dependencies import (
    Auth,
    CurrentIdentity,
    DeviceDep,
    RecentSignIn,
    SignInServiceDep,
)
from app.modules.accounts_module.errors import LastSignInMethod, ReauthenticationRequired
from app.modules.accounts_module.schemas import SignedIn
from app.modules.accounts_module.services.tokens import known_device
from app.modules.accounts_module.settings import SIGN_IN_ADDRESS
from app.modules.base_module.schemas import Page, refuses
from app.modules.passkeys_module.errors import PasskeyExists, PasskeyNotFound, PasskeyRefused, TooManyPasskeys
from app.modules.passkeys_module.schemas import (
    CreationOptions,
    PasskeyCreate,
    PasskeyId,
    PasskeyRead,
    PasskeySignIn,
    RequestOptions,
)
from app.modules.passkeys_module.services import passkeys
from app.modules.passkeys_module.services.webauthn_calls import Site, site_of
from app.modules.passkeys_module.settings import PASSKEY_OPTIONS, PasskeySettings
from app.modules.streams_module.dependencies import LogDep
from app.services.rate_limits import network_of

router = APIRouter(prefix="/accounts")


async def _site(settings: AppSettingsDep, own: Annotated[PasskeySettings, service(PasskeySettings)]) -> Site:
    return site_of(settings, own)


SiteDep = Annotated[Site, Depends(_site)]


@router.post("/me/passkeys/options", openapi_extra=refuses(ReauthenticationRequired, TooManyPasskeys))
async def begin_registration(identity: RecentSignIn, site: SiteDep, work: Work) -> CreationOptions:
    """Returns the options of a new passkey, for `PublicKeyCredential.parseCreationOptionsFromJSON`."""
    return CreationOptions.model_validate(await passkeys.begin_registration(work, site, identity.account_id))


@router.post(
    "/me/passkeys/verify",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=refuses(ReauthenticationRequired, TooManyPasskeys, PasskeyExists),
)
async def register(body: PasskeyCreate, identity: RecentSignIn, site: SiteDep, work: Work, log: LogDep) -> PasskeyRead:
    """Adds a passkey. `credential` is what the browser made of the options, within 5 minutes."""
    return await passkeys.register(work, log, site, identity.account_id, body)


@router.get("/me/passkeys")
async def list_passkeys(identity: CurrentIdentity, work: Work) -> Page[PasskeyRead]:
    """Lists the caller's passkeys, the newest first."""
    return await passkeys.list_passkeys(await work.raw(), identity.account_id)


@router.delete(
    "/me/passkeys/{passkey_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=refuses(ReauthenticationRequired, PasskeyNotFound, LastSignInMethod),
)
async def remove(
    passkey_id: PasskeyId, identity: RecentSignIn, work: Work, log: LogDep, container: ContainerDep
) -> None:
    """Removes a passkey. Its sessions stay open."""
    await passkeys.remove(work, log, container, identity.account_id, passkey_id)


@router.post("/passkeys/options")
async def begin_sign_in(device: DeviceDep, limits: LimitsDep, site: SiteDep, work: Work) -> RequestOptions:
    """Returns the options of a sign-in, for `PublicKeyCredential.parseRequestOptionsFromJSON`."""
    limits.hit(PASSKEY_OPTIONS, network_of(device.address))
    return RequestOptions.model_validate(await passkeys.begin_sign_in(await work.raw(), site))


@router.post("/passkeys/sign-in", openapi_extra=refuses(PasskeyRefused))
async def sign_in(
    body: PasskeySignIn,
    device: DeviceDep,
    limits: LimitsDep,
    site: SiteDep,
    work: Work,
    log: LogDep,
    auth: Auth,
    sign_in_service: SignInServiceDep,
) -> SignedIn:
    """Opens a session with a passkey. The browser verifies the user, so no second factor is asked for."""
    limits.hit(SIGN_IN_ADDRESS, network_of(device.address))
    tokens = await auth.tokens()
    account_id = await passkeys.check_use(work, log, site, body.credential)
    return await sign_in_service.finish(known_device(tokens, account_id, body.device_token))
