"""What modules do with each HTTP request before its endpoint is known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.types import ASGIApp

from app.utils.container import Container

CALLER = "caller"
"""The key of an ASGI scope under which a middleware puts the Caller that it has authenticated."""


class Caller(Protocol):
    """The authenticated client that a request comes from."""

    @property
    def rate_key(self) -> int:
        """What its requests are counted by."""


@dataclass(frozen=True)
class CorsHeaders:
    """Contributes headers that pages of allowed origins may send, and those of answers that they may read."""

    sent: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


@dataclass(frozen=True)
class HttpMiddleware:
    """Contributes an ASGI application around all requests.

    `make(app, container)` returns it. It runs before the request is counted by the rate limiter, and before the body is
    read. What it raises becomes a problem answer. The order is that of the modules: the first is outermost. It makes
    every request slower: endpoints that need something of their own use dependencies.
    """

    name: str
    make: Callable[[ASGIApp, Container], ASGIApp]
