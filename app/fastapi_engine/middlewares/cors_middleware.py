"""Which web pages may call the API from a browser."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from app.settings.app_settings import AppSettings


class _CorsMiddleware(CORSMiddleware):
    """Out of the way of what has no origin where none is allowed: an answer that never varies needs no header."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.allow_origins or any(name == b"origin" for name, _ in scope.get("headers", ())):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def cors_middleware(settings: AppSettings) -> Middleware:
    """Starlette's own, which is pure ASGI. Tokens travel in a header, so no cookies are allowed along."""
    return Middleware(
        _CorsMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "X-Request-ID", "Last-Event-ID", "Accept-Language"],
        expose_headers=["X-Request-ID", "Idempotent-Replayed", "Retry-After", "ETag"],
        max_age=600,
    )
