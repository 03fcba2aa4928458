"""How often anyone may call the API, whatever for: an account by its token, everyone else by their address."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.tokens import Identity
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
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            # Kept for the endpoint, which is about to ask the same.
            identity = scope["identity"] = await self._find_identity(scope)
            rates = self._limits.rates
            if identity is not None:
                self._limits.hit(rates.account, "calls of", identity.account_id.int)
            else:
                client = scope["client"]
                self._limits.hit(rates.address, "calls from", network_of(client[0] if client else ""))
        await self.app(scope, receive, send)

    async def _find_identity(self, scope: Scope) -> Identity | None:
        """None for whoever is not signed in; the endpoint says why."""
        for name, value in scope["headers"]:
            if name == b"authorization" and value[:7].lower() == b"bearer ":
                try:
                    return await self._container.get(Authenticator).identify(value[7:].decode("latin-1"))
                except (ServiceError, LookupError):
                    # Also where the accounts are not served, and nobody is known.
                    return None
        return None
