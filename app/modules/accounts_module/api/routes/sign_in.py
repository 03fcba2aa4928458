from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.services_dependency import LimitsDep, SizesDep
from app.modules.accounts_module.dependencies import Auth, CurrentIdentity, DeviceDep, PasswordsDep, RevocationsDep
from app.modules.accounts_module.errors import EmailTaken, InvalidToken, UsernameTaken, WrongCredentials
from app.modules.accounts_module.schemas import AccountSignedUp, RefreshRequest, SignIn, SignUp, TokenForm, TokenPair
from app.modules.accounts_module.services import accounts, sessions
from app.modules.base_module.schemas import refuses
from app.modules.streams_module.dependencies import LogDep
from app.services.rate_limits import network_of

router = APIRouter(prefix="/accounts")


@router.post("/sign-up", status_code=status.HTTP_201_CREATED, openapi_extra=refuses(EmailTaken, UsernameTaken))
async def sign_up(
    body: SignUp, device: DeviceDep, limits: LimitsDep, work: Work, log: LogDep, passwords: PasswordsDep
) -> AccountSignedUp:
    """Makes an account. Its stream of events begins with it."""
    limits.hit(limits.rates.sign_up, "sign-up from", network_of(device.address))
    return await accounts.sign_up(work, log, passwords, body)


@dataclass(frozen=True, slots=True)
class Door:
    """What signing in takes, whichever form the credentials come in."""

    device: DeviceDep
    limits: LimitsDep
    sizes: SizesDep
    database: Db
    work: Work
    auth: Auth
    passwords: PasswordsDep
    revocations: RevocationsDep

    async def open(self, login: str, password: str) -> TokenPair:
        account_id, password_hash, is_outdated = await sessions.check_credentials(
            self.database, self.passwords, self.limits, login=login, password=password, address=self.device.address
        )
        if is_outdated:
            await accounts.renew_hash(self.work, self.passwords, account_id, password_hash, password)
        tokens, most = await self.auth.tokens(), self.sizes.sessions_of_account
        return await sessions.open_session(self.work, tokens, self.revocations, account_id, self.device, most=most)


DoorDep = Annotated[Door, Depends()]


@router.post("/sign-in", openapi_extra=refuses(WrongCredentials))
async def sign_in(body: SignIn, door: DoorDep) -> TokenPair:
    """Opens a session. An unknown login and a wrong password are answered alike, after the same work."""
    return await door.open(body.login, body.password)


@router.post("/token", openapi_extra=refuses(WrongCredentials))
async def token(form: Annotated[TokenForm, Form()], door: DoorDep) -> TokenPair:
    """As sign-in, with the OAuth2 password form: for Swagger's Authorize button."""
    return await door.open(form.username, form.password)


@router.post("/refresh", openapi_extra=refuses(InvalidToken))
async def refresh(
    body: RefreshRequest, device: DeviceDep, limits: LimitsDep, work: Work, auth: Auth, revocations: RevocationsDep
) -> TokenPair:
    """A new pair for an unspent refresh token. The same call again within `AUTH_REFRESH_REUSE_S` seconds, while the new
    token is unspent, gets the same pair; a token that is spent a second time otherwise ends the session."""
    limits.hit(limits.rates.refresh, "refresh from", network_of(device.address))
    return await sessions.refresh(work, await auth.tokens(), revocations, limits, body.refresh_token)


@router.post("/sign-out", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(identity: CurrentIdentity, work: Work, revocations: RevocationsDep) -> None:
    """Ends this session."""
    await sessions.end_session(work, revocations, identity.account_id, identity.session_id)
