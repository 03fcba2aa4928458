"""Extension points for every HTTP request, before its endpoint is known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.types import ASGIApp

from app.settings.limits_settings import RateLimit
from app.utils.container import Container

CALLER = "caller"
"""The key of an ASGI scope under which a middleware stores the Caller that it authenticated."""


class Caller(Protocol):
    """The authenticated sender of a request."""

    @property
    def rate_key(self) -> int:
        """The key by which the rate limiter counts its requests."""

    @property
    def rate(self) -> RateLimit | None:
        """The limit of its requests. None: that of the core, `RATE_LIMIT_ACCOUNT`."""


@dataclass(frozen=True)
class BearerScheme:
    """Contributes a kind of Bearer token to the OpenAPI document. Operations with a scope accept it."""

    name: str
    description: str


@dataclass(frozen=True)
class CorsHeaders:
    """Contributes request headers that pages of allowed origins may send, and response headers that they may read."""

    sent: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


@dataclass(frozen=True)
class HttpMiddleware:
    """Contributes an ASGI middleware around all requests.

    `make(app, container)` returns it. It runs before the rate limiter counts the request, and before the body is read.
    Its errors become problem responses. The middlewares have the order of the modules; the first is the outermost. Each
    one makes every request slower, so an endpoint that needs something for itself uses a dependency.
    """

    name: str
    make: Callable[[ASGIApp, Container], ASGIApp]
