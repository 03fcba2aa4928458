"""Routes that create accounts and open, refresh and end sessions."""

from typing import Annotated

from fastapi import APIRouter, Form, Response, status

from app.dependencies.dependency_db import Work
from app.dependencies.services_dependency import ContainerDep, LimitsDep
from app.modules.accounts_module.dependencies import (
    OPTIONAL_TOKEN,
    Auth,
    AuthSettingsDep,
    CurrentIdentity,
    DeviceDep,
    OptionalAdmin,
    PasswordsDep,
    RevocationsDep,
    SignInServiceDep,
    SignUpsDep,
)
from app.modules.accounts_module.errors import (
    EmailTaken,
    InvalidToken,
    SecondFactorRequired,
    SignUpClosed,
    UsernameTaken,
    WrongCredentials,
)
from app.modules.accounts_module.extension import SecondFactor, grants_of, refused_to_admins
from app.modules.accounts_module.schemas import (
    AccountSignedUp,
    RefreshRequest,
    SignedIn,
    SignIn,
    SignUp,
    TokenPair,
    check_form,
    token_form,
)
from app.modules.accounts_module.services import sessions
from app.modules.accounts_module.services.new_accounts import prepare_account
from app.modules.accounts_module.settings import REFRESH, SIGN_UP
from app.modules.base_module.schemas import refuses
from app.modules.streams_module.dependencies import LogDep
from app.services.rate_limits import network_of
from app.utils.module import Modules

router = APIRouter(prefix="/accounts")


def make_router(modules: Modules) -> APIRouter:
    """Returns the routes that create accounts, and those that sign in with a password.

    A second factor is demanded only if a module has one.
    """
    router = APIRouter(prefix="/accounts")
    demands = any(factor.is_demanded for factor in modules.contributions(SecondFactor))
    refused = (WrongCredentials, SecondFactorRequired) if demands else (WrongCredentials,)
    grants = grants_of(modules)
    refused_to_grants = dict.fromkeys((*refused, *(error for grant in grants.values() for error in grant.refuses)))

    @router.post(
        "/sign-up",
        status_code=status.HTTP_201_CREATED,
        response_model=AccountSignedUp,
        responses={202: {"description": "With `AUTH_SIGN_UP=verified`: a mail was sent, and nothing is created yet"}},
        openapi_extra={
            **refuses(EmailTaken, UsernameTaken, SignUpClosed, *refused_to_admins(modules)),
            **OPTIONAL_TOKEN,
        },
    )
    async def sign_up(
        body: SignUp,
        device: DeviceDep,
        limits: LimitsDep,
        admin: OptionalAdmin,
        work: Work,
        log: LogDep,
        passwords: PasswordsDep,
        sign_ups: SignUpsDep,
        settings: AuthSettingsDep,
    ) -> AccountSignedUp | Response:
        """Creates an account and its event stream.

        With `AUTH_SIGN_UP=verified` the answer is 202 for every address: the account is created when the link of the
        mail is followed, and until then its address and username stay free. A server admin creates accounts in every
        mode.
        """
        network = network_of(device.address)
        limits.hit(SIGN_UP, network)
        sign_ups.check_open(by_admin=admin is not None)
        account = await prepare_account(
            passwords, body, network, by_operator=admin is not None, reserved=settings.reserved_usernames
        )
        created = await sign_ups.sign_up(work, log, account, by_admin=admin is not None)
        return created or Response(status_code=status.HTTP_202_ACCEPTED)

    @router.post("/sign-in", openapi_extra=refuses(*refused))
    async def sign_in(body: SignIn, sign_in_service: SignInServiceDep) -> SignedIn:
        """Opens a session. An unknown login and a wrong password get the same answer after the same time.

        After `RATE_LIMIT_SIGN_IN` wrong passwords in a row, further attempts have to wait for a time that doubles up to
        a day. Devices that send their `device_token`, and networks from which the account has signed in before, are
        counted separately.
        """
        return await sign_in_service.by_password(body.login, body.password, body.device_token)

    @router.post("/token", openapi_extra=refuses(*refused_to_grants))
    async def token(
        form: Annotated[token_form(list(grants.values())), Form()],  # type: ignore[valid-type]
        sign_in_service: SignInServiceDep,
    ) -> SignedIn:
        """Opens a session with a form of OAuth2. The one with a password is for Swagger's Authorize button."""
        grant = grants.get(form.grant_type)
        if grant is None:
            check_form(form, ("username", "password"))
            return await sign_in_service.by_password(form.username, form.password, form.device_token)
        check_form(form, tuple(grant.fields))
        fields = {name: getattr(form, name) for name in grant.fields}
        return await sign_in_service.by_grant(grant, fields, form.device_token)

    return router


@router.post("/refresh", openapi_extra=refuses(InvalidToken))
async def refresh(
    body: RefreshRequest,
    device: DeviceDep,
    limits: LimitsDep,
    work: Work,
    auth: Auth,
    revocations: RevocationsDep,
    container: ContainerDep,
) -> TokenPair:
    """Returns a new pair of tokens for an unused refresh token.

    The same call repeated within `AUTH_REFRESH_REUSE_S` seconds returns the same pair, as long as the new refresh token
    is unused. Any other second use of a refresh token ends the session.
    """
    limits.hit(REFRESH, network_of(device.address))
    return await sessions.refresh(work, await auth.tokens(), revocations, limits, container, body.refresh_token)


@router.post("/sign-out", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(identity: CurrentIdentity, work: Work, revocations: RevocationsDep) -> None:
    """Ends the session of this request."""
    await sessions.end_own_session(work, revocations, identity)
