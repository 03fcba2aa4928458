"""The metrics middleware: counts and durations of requests per route, method and status."""

from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.fastapi_engine.route_templates import RouteTemplates
from app.utils import metrics

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_OTHER = "(other)"
_WAITS = "/events"
"""The suffix of routes that wait for events. Their duration says nothing about the server."""


class MetricsMiddleware:
    """ASGI middleware that counts requests by the template of their route. Unknown paths create no new series."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._templates = RouteTemplates()
        # Looking up a series by its labels takes longer than counting.
        self._counters: dict[tuple[str, int, int], Callable[[float], None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = perf_counter()
        try:
            await self.app(scope, receive, note_status)
        finally:
            self._count(scope, status, perf_counter() - began)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        key = (scope["method"], id(scope.get("route")), status)
        (self._counters.get(key) or self._find_counter(scope, key))(seconds)

    def _find_counter(self, scope: Scope, key: tuple[str, int, int]) -> Callable[[float], None]:
        method, _, status = key
        template = self._templates.of(scope)
        counter: Callable[[float], None]
        if template.endswith(_WAITS):
            waiting = metrics.WAITING_REQUESTS.labels(template, status)
            counter = lambda _: waiting.inc()  # noqa: E731
        else:
            counter = metrics.REQUESTS.labels(method if method in _METHODS else _OTHER, template, status).observe
        if method in _METHODS:
            self._counters[key] = counter
        return counter
