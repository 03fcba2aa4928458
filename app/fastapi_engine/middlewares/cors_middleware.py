"""The CORS middleware: which web pages may call the API from a browser."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.fastapi_engine.problems import make_problem
from app.services.http_requests import CorsHeaders
from app.services.problem import problem_response
from app.settings.app_settings import AppSettings
from app.utils.secret_path import shown_path

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "X-Request-ID",
    "Last-Event-ID",
    "Accept-Language",
    "If-None-Match",
)
"""The request headers that the documents name."""
_ANSWER_HEADERS = (
    "X-Request-ID",
    "Idempotent-Replayed",
    "Retry-After",
    "ETag",
    "Allow",
    "Accept",
    "Accept-Encoding",
)


class _Refusal(Response):
    """A refused preflight. It becomes a problem when it is sent: only then the path of the request is known."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = bytes(self.body).decode()
        problem = make_problem(self.status_code, "bad_request", "Bad Request", detail, shown_path(scope))
        headers = {name: value for name, value in self.headers.items() if not name.startswith("content-")}
        await problem_response(problem, headers)(scope, receive, send)


class _CorsMiddleware(CORSMiddleware):
    """Starlette's CORS middleware, with problems as refusals.

    It skips requests without an origin if no origin is allowed, because their responses never vary. The overridden
    method is not documented by Starlette: see tests/test_patched_internals.py.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.allow_origins or any(name == b"origin" for name, _ in scope.get("headers", ())):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        return _Refusal(response.body, response.status_code, response.headers)


def cors_middleware(settings: AppSettings, contributed: Sequence[CorsHeaders]) -> Middleware:
    """Returns the middleware for the configured origins. Credentials are not allowed: tokens are sent in a header.

    `contributed` has the headers of modules.
    """
    return Middleware(
        _CorsMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=_METHODS,
        allow_headers=(*_REQUEST_HEADERS, *(name for headers in contributed for name in headers.sent)),
        expose_headers=(*_ANSWER_HEADERS, *(name for headers in contributed for name in headers.read)),
        max_age=600,
    )
