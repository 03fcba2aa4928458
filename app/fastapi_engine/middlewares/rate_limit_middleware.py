"""How often anyone may call the API, whatever for: authenticated callers by themselves, all others by their address."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from app.services.http_requests import CALLER, Caller
from app.services.rate_limits import RateLimits, network_of


class RateLimitMiddleware:
    """Pure ASGI, before a body is read. What costs more than a usual call is counted by itself, where it is done.

    What stands outside the prefix is for those who run the server: a probe must not be refused for others' calls.
    """

    def __init__(self, app: ASGIApp, *, prefix: str, limits: RateLimits) -> None:
        self.app = app
        self._prefix = prefix
        self._limits = limits

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # Nothing is awaited here: a coroutine of its own would be resumed with each wait of the endpoint.
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            caller: Caller | None = scope.get(CALLER)
            rates = self._limits.rates
            if caller is not None:
                self._limits.hit(rates.account, "calls of", caller.rate_key)
            else:
                client = scope["client"]
                self._limits.hit(rates.address, "calls from", network_of(client[0] if client else ""))
        return self.app(scope, receive, send)
