"""Routes that create accounts and open, refresh and end sessions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.services_dependency import LimitsDep, SizesDep
from app.modules.accounts_module.dependencies import (
    Auth,
    CurrentIdentity,
    DeviceDep,
    FailedSignInsDep,
    PasswordsDep,
    RevocationsDep,
    SignUpHooksDep,
)
from app.modules.accounts_module.errors import EmailTaken, InvalidToken, UsernameTaken, WrongCredentials
from app.modules.accounts_module.schemas import (
    AccountSignedUp,
    RefreshRequest,
    SignedIn,
    SignIn,
    SignUp,
    TokenForm,
    TokenPair,
)
from app.modules.accounts_module.services import accounts, sessions
from app.modules.accounts_module.services.credentials import Attempt, check_credentials
from app.modules.accounts_module.services.tokens import DeviceClaim
from app.modules.base_module.schemas import refuses
from app.modules.streams_module.dependencies import LogDep
from app.services.rate_limits import network_of

router = APIRouter(prefix="/accounts")


@router.post("/sign-up", status_code=status.HTTP_201_CREATED, openapi_extra=refuses(EmailTaken, UsernameTaken))
async def sign_up(
    body: SignUp,
    device: DeviceDep,
    limits: LimitsDep,
    work: Work,
    log: LogDep,
    passwords: PasswordsDep,
    hooks: SignUpHooksDep,
) -> AccountSignedUp:
    """Creates an account and its event stream."""
    limits.hit(limits.rates.sign_up, "sign-up from", network_of(device.address))
    account = await accounts.sign_up(work, log, passwords, body, network_of(device.address))
    await hooks.run(work, account.id)
    return account


@dataclass(frozen=True, slots=True)
class SignInService:
    """Signs in with the dependencies of a request, for both forms of credentials."""

    device: DeviceDep
    limits: LimitsDep
    sizes: SizesDep
    database: Db
    work: Work
    auth: Auth
    passwords: PasswordsDep
    failed_sign_ins: FailedSignInsDep
    revocations: RevocationsDep

    async def open_session(self, login: str, password: str, device_token: str | None) -> SignedIn:
        tokens, limit = await self.auth.tokens(), self.sizes.sessions_of_account
        attempt = Attempt(login, password, self.device.address, tokens.find_device(device_token))
        found = await check_credentials(self.database, self.passwords, self.limits, self.failed_sign_ins, attempt)
        if found.is_outdated:
            await accounts.renew_hash(
                self.work, self.passwords, found.account_id, found.password_hash, password, found.device_id.hex
            )
        pair = await sessions.open_session(
            self.work, tokens, self.revocations, found.account_id, self.device, limit=limit
        )
        device = DeviceClaim(found.account_id, found.device_id)
        return SignedIn(**pair.model_dump(), device_token=tokens.make_device(device, datetime.now(UTC)))


SignInServiceDep = Annotated[SignInService, Depends()]


@router.post("/sign-in", openapi_extra=refuses(WrongCredentials))
async def sign_in(body: SignIn, sign_in_service: SignInServiceDep) -> SignedIn:
    """Opens a session. An unknown login and a wrong password get the same answer after the same time.

    After `RATE_LIMIT_SIGN_IN` wrong passwords in a row, further attempts have to wait for a time that doubles up to a
    day. Devices that send their `device_token`, and networks from which the account has signed in before, are counted
    separately.
    """
    return await sign_in_service.open_session(body.login, body.password, body.device_token)


@router.post("/token", openapi_extra=refuses(WrongCredentials))
async def token(form: Annotated[TokenForm, Form()], sign_in_service: SignInServiceDep) -> SignedIn:
    """Opens a session with the OAuth2 password form, for Swagger's Authorize button."""
    return await sign_in_service.open_session(form.username, form.password, form.device_token)


@router.post("/refresh", openapi_extra=refuses(InvalidToken))
async def refresh(
    body: RefreshRequest, device: DeviceDep, limits: LimitsDep, work: Work, auth: Auth, revocations: RevocationsDep
) -> TokenPair:
    """Returns a new pair of tokens for an unused refresh token.

    The same call repeated within `AUTH_REFRESH_REUSE_S` seconds returns the same pair, as long as the new refresh token
    is unused. Any other second use of a refresh token ends the session.
    """
    limits.hit(limits.rates.refresh, "refresh from", network_of(device.address))
    return await sessions.refresh(work, await auth.tokens(), revocations, limits, body.refresh_token)


@router.post("/sign-out", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(identity: CurrentIdentity, work: Work, revocations: RevocationsDep) -> None:
    """Ends the session of this request."""
    await sessions.end_session(work, revocations, identity.account_id, identity.session_id)
