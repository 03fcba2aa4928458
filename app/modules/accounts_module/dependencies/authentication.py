"""The middleware that authenticates a request, once, before any endpoint or limit needs the caller."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.modules.accounts_module.services.authenticator import Authenticator
from app.services.errors import ServiceError
from app.services.http_requests import CALLER, HttpMiddleware
from app.settings.app_settings import AppSettings
from app.utils.container import Container

REFUSAL = "refusal of the token"
"""Key in the ASGI scope: the ServiceError that the Bearer token was refused with."""


class AuthenticationMiddleware:
    """Puts the Identity of a valid Bearer token into the ASGI scope, as the CALLER. Works below API_PREFIX only.

    It refuses no request itself. The dependencies of an endpoint decide who may call it, and an endpoint that needs no
    token ignores an invalid one.
    """

    def __init__(self, app: ASGIApp, container: Container) -> None:
        self._app = app
        self._container = container
        self._prefix = container.get(AppSettings).prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            for name, value in scope["headers"]:
                if name == b"authorization" and value[:7].lower() == b"bearer ":
                    token, client = value[7:].decode("latin-1"), scope["client"]
                    try:
                        scope[CALLER] = await self._container.get(Authenticator).identify(
                            token, client[0] if client else ""
                        )
                    except ServiceError as error:
                        # The frames of the traceback refer to the scope: with it, the two would form a cycle.
                        scope[REFUSAL] = error.with_traceback(None)
                    break
        await self._app(scope, receive, send)


AUTHENTICATION = HttpMiddleware("authentication", AuthenticationMiddleware)
