"""The errors middleware: every unhandled error becomes a problem response, and paths that are too long are refused."""

from asyncio import CancelledError

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.fastapi_engine.problems import SHUTTING_DOWN, Problems
from app.resources.constants import MAX_ADDRESS_BYTES
from app.services.errors import Overloaded, Unavailable
from app.utils.remote_client import ClientLeft, remote_client_of
from app.utils.secret_path import shown_path

_CLIENT_LEFT = 499
"""nginx's status for a client that left before its response. It is never sent; the access log and metrics show it."""


class ErrorsMiddleware:
    """ASGI middleware that answers unhandled errors.

    The framework's own handler of 500 runs outside all middlewares, so its response would have neither a request id nor
    CORS headers.
    """

    def __init__(self, app: ASGIApp, *, problems: Problems) -> None:
        self.app = app
        self.problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch_start(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
            await send(message)

        try:
            if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_ADDRESS_BYTES:
                raise HTTPException(414, f"A URL must have at most {MAX_ADDRESS_BYTES} bytes")
            await self.app(scope, receive, watch_start)
        except (ClientDisconnect, ClientLeft) as error:
            if started:
                return
            response = Response(status_code=_CLIENT_LEFT)
            if isinstance(error, ClientLeft) and not remote_client_of(scope).is_gone:
                # The client may have closed only its half of the connection, and wait for the response.
                response = self.problems.answer(Overloaded(), shown_path(scope))
            await response(scope, receive, send)
        except CancelledError:
            if started or not remote_client_of(scope).is_served_last:
                raise
            response = self.problems.answer(Unavailable(SHUTTING_DOWN), shown_path(scope))
            await response(scope, receive, send)
        except Exception as error:
            if started:
                # A part of the response is sent already: only a broken connection shows the client that it failed.
                raise
            response = self.problems.answer(error, shown_path(scope))
            await response(scope, receive, send)
