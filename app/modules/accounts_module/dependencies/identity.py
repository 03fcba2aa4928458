"""Who is calling, as a type: an endpoint that has a `CurrentIdentity` is for those who are signed in."""

from typing import Annotated

from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer

from app.dependencies.dependency_db import Work
from app.dependencies.services_dependency import service
from app.modules.accounts_module.services.accounts import check_admin
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.tokens import Identity
from app.services.errors import Unauthenticated

# The address is completed with API_PREFIX in the document; here it only names the scheme.
_bearer = OAuth2PasswordBearer(tokenUrl="accounts/token", auto_error=False)

Auth = Annotated[Authenticator, service(Authenticator)]


async def current_identity(token: Annotated[str | None, Depends(_bearer)], authenticator: Auth) -> Identity:
    if not token:
        raise Unauthenticated
    return await authenticator.identify(token)


CurrentIdentity = Annotated[Identity, Depends(current_identity)]


async def server_admin(identity: CurrentIdentity, work: Work) -> Identity:
    await check_admin(work, identity.account_id)
    return identity


ServerAdmin = Annotated[Identity, Depends(server_admin)]
