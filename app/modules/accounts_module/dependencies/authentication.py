"""Finds out who calls, once a request and before anything else asks."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.modules.accounts_module.services.authenticator import Authenticator
from app.services.errors import ServiceError
from app.services.http_requests import CALLER, HttpMiddleware
from app.settings import Settings
from app.utils.container import Container

REFUSAL = "refusal of the token"
"""The key of the scope under which the ServiceError is that a Bearer token was refused with."""


class AuthenticationMiddleware:
    """Pure ASGI, below API_PREFIX. It puts the Identity of a good Bearer token into the scope, as the CALLER.

    It refuses nothing itself: who may call an endpoint is for its dependencies, and a token that is not good is no
    matter of an endpoint that needs none.
    """

    def __init__(self, app: ASGIApp, container: Container) -> None:
        self._app = app
        self._container = container
        self._prefix = container.get(Settings).app.prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            for name, value in scope["headers"]:
                if name == b"authorization" and value[:7].lower() == b"bearer ":
                    try:
                        scope[CALLER] = await self._container.get(Authenticator).identify(value[7:].decode("latin-1"))
                    except ServiceError as error:
                        # Its frames have the scope: each would keep the other.
                        scope[REFUSAL] = error.with_traceback(None)
                    break
        await self._app(scope, receive, send)


AUTHENTICATION = HttpMiddleware("authentication", AuthenticationMiddleware)
