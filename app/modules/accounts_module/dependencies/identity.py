"""The caller as a parameter type: an endpoint with a `CurrentIdentity` requires a valid access token."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from app.dependencies.dependency_db import Work
from app.dependencies.scopes import scope_of
from app.dependencies.services_dependency import service
from app.modules.accounts_module.dependencies.authentication import REFUSAL
from app.modules.accounts_module.services.accounts import check_admin
from app.modules.accounts_module.services.authenticator import Authenticator, check_scope
from app.modules.accounts_module.services.tokens import Identity
from app.services.errors import Unauthenticated
from app.services.http_requests import CALLER

Auth = Annotated[Authenticator, service(Authenticator)]


class _Bearer(OAuth2PasswordBearer):
    """The security scheme of the OpenAPI document, and the check itself: one dependency to resolve instead of three.

    Raises Unauthenticated without a token, InvalidToken for an invalid one, and ScopeMissing for one without the scope
    of the operation. AuthenticationMiddleware has read the token. It runs below API_PREFIX only.
    """

    async def __call__(self, request: Request) -> Identity:  # type: ignore[override]
        identity: Identity | None = request.scope.get(CALLER)
        if identity is None:
            raise request.scope.pop(REFUSAL, None) or Unauthenticated
        if identity.scopes is not None:
            check_scope(identity, scope_of(request.scope.get("route")))
        return identity


# The OpenAPI document adds API_PREFIX to this URL. Here it only defines the scheme.
CurrentIdentity = Annotated[Identity, Depends(_Bearer(tokenUrl="accounts/token", scheme_name="OAuth2PasswordBearer"))]


async def server_admin(identity: CurrentIdentity, work: Work) -> Identity:
    await check_admin(work, identity.account_id)
    return identity


ServerAdmin = Annotated[Identity, Depends(server_admin)]
