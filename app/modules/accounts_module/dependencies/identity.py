"""The caller as a parameter type: an endpoint with a `CurrentIdentity` requires a valid access token."""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from app.dependencies.dependency_db import Work
from app.dependencies.scopes import scope_of
from app.dependencies.services_dependency import container_of, service
from app.modules.accounts_module.dependencies.authentication import REFUSAL
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.extension import Identity
from app.modules.accounts_module.services.accounts import check_admin
from app.modules.accounts_module.services.authenticator import Authenticator, check_scope
from app.modules.accounts_module.services.second_factors import SecondFactors
from app.modules.accounts_module.services.sessions import check_recent
from app.modules.streams_module.dependencies import LogDep
from app.services.errors import Forbidden, Unauthenticated
from app.services.http_requests import CALLER

Auth = Annotated[Authenticator, service(Authenticator)]
_SCHEME = "OAuth2PasswordBearer"
OPTIONAL_TOKEN: dict[str, Any] = {"security": [{}, {_SCHEME: []}]}
"""The `openapi_extra` of an operation that a caller may use with or without a token."""


class _Bearer(OAuth2PasswordBearer):
    """The security scheme of the OpenAPI document, and the check itself: one dependency to resolve instead of three.

    Raises Unauthenticated without a token, InvalidToken for an invalid one, and ScopeMissing for one without the scope
    of the operation. AuthenticationMiddleware has read the token. It runs below API_PREFIX only.
    """

    async def __call__(self, request: Request) -> Identity:  # type: ignore[override]
        identity: Identity | None = request.scope.get(CALLER)
        if identity is None:
            raise request.scope.pop(REFUSAL, None) or Unauthenticated
        # The session was checked before the body was read, which may take half a minute.
        await container_of(request.scope).get(Authenticator).check_live(identity)
        if identity.scopes is not None:
            check_scope(identity, scope_of(request.scope.get("route")))
        return identity


# The OpenAPI document adds API_PREFIX to this URL. Here it only defines the scheme.
CurrentIdentity = Annotated[Identity, Depends(_Bearer(tokenUrl="accounts/token", scheme_name=_SCHEME))]


async def recent_sign_in(identity: CurrentIdentity, work: Work, log: LogDep) -> Identity:
    await check_recent(work, log, identity)
    return identity


RecentSignIn = Annotated[Identity, Depends(recent_sign_in)]
"""The caller, who has signed in within the last 10 minutes. For changes of factors, keys and identities.

The account's stream is locked.
"""


async def server_admin(
    identity: CurrentIdentity, work: Work, factors: Annotated[SecondFactors, service(SecondFactors)]
) -> Identity:
    await check_admin(work, identity.account_id)
    await factors.check_admin(await work.raw(), identity.account_id)
    return identity


ServerAdmin = Annotated[Identity, Depends(server_admin)]


async def optional_admin(
    request: Request, work: Work, auth: Auth, factors: Annotated[SecondFactors, service(SecondFactors)]
) -> Identity | None:
    identity: Identity | None = request.scope.get(CALLER)
    # An API key of an admin is no admin.
    if identity is None or identity.scopes is not None:
        return None
    is_admin = False
    with suppress(Forbidden, InvalidToken):
        await auth.check_live(identity)
        await check_admin(work, identity.account_id)
        is_admin = True
    if is_admin:
        await factors.check_admin(await work.raw(), identity.account_id)
    # The endpoint may wait for long: it holds no connection then.
    await work.commit()
    return identity if is_admin else None


OptionalAdmin = Annotated[Identity | None, Depends(optional_admin)]
"""The caller if it is a server admin; None for everyone else, signed in or not.

A server admin that does not meet a condition for admins is refused.
"""
