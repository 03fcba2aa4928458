"""The rate limit of all calls of the API: per authenticated caller, else per IP address."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from app.services.http_requests import CALLER, Caller
from app.services.rate_limits import RateLimits, network_of
from app.settings.limits_settings import ADDRESS


class RateLimitMiddleware:
    """ASGI middleware that limits calls before a body is read. Expensive operations have limits of their own as well.

    Paths outside the prefix are for operators and are not limited: a probe must not be refused because of other calls.
    """

    def __init__(self, app: ASGIApp, *, prefix: str, limits: RateLimits) -> None:
        self.app = app
        self._prefix = prefix
        self._limits = limits

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # Not a coroutine, because it awaits nothing: a coroutine would be resumed whenever the endpoint waits.
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            caller: Caller | None = scope.get(CALLER)
            if caller is not None:
                self._limits.hit_call(caller)
            else:
                client = scope["client"]
                self._limits.hit(ADDRESS, network_of(client[0] if client else ""))
        return self.app(scope, receive, send)
