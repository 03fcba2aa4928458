"""How often anyone may call the API, whatever for: an account by its token, everyone else by their address."""

from contextlib import suppress

from fastapi.security.utils import get_authorization_scheme_param
from starlette.types import ASGIApp, Receive, Scope, Send

from app.modules.accounts_module.services.authenticator import Authenticator
from app.services.errors import ServiceError
from app.services.rate_limits import RateLimits, network_of
from app.utils.container import Container


class RateLimitMiddleware:
    """Pure ASGI, before a body is read. What costs more than a usual call is counted by itself, where it is done.

    What stands outside the prefix is for those who run the server: a probe must not be refused for others' calls.
    """

    def __init__(self, app: ASGIApp, *, prefix: str, container: Container) -> None:
        self.app = app
        self._prefix = prefix
        self._container = container
        self._limits = container.get(RateLimits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._limits.rates.enable and scope["path"].startswith(self._prefix):
            account = await self._find_account(scope)
            if account is not None:
                self._limits.hit(self._limits.rates.account, "calls of", account)
            else:
                client = scope["client"]
                self._limits.hit(self._limits.rates.address, "calls from", network_of(client[0] if client else ""))
        await self.app(scope, receive, send)

    async def _find_account(self, scope: Scope) -> str | None:
        for name, value in scope["headers"]:
            if name == b"authorization":
                scheme, token = get_authorization_scheme_param(value.decode("latin-1"))
                if scheme.lower() == "bearer":
                    # Whoever is refused here is refused by the endpoint as well, which says why. Without the module
                    # of the accounts there is nobody to ask.
                    with suppress(ServiceError, LookupError, OSError):
                        return (await self._container.get(Authenticator).identify(token)).account_id.hex
                return None
        return None
