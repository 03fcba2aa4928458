"""Which web pages may call the API from a browser."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from app.settings.app_settings import AppSettings


def cors_middleware(settings: AppSettings) -> Middleware:
    """Starlette's own, which is pure ASGI. Tokens travel in a header, so no cookies are allowed along."""
    return Middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "X-Request-ID", "Last-Event-ID", "Accept-Language"],
        expose_headers=["X-Request-ID", "Idempotent-Replayed", "Retry-After", "ETag"],
        max_age=600,
    )
