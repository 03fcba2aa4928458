"""The outermost guard: whatever goes wrong inside becomes one problem answer, and no address is too long."""

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.fastapi_engine.problems import Problems
from app.resources.constants import MAX_ADDRESS_BYTES
from app.services.errors import Overloaded
from app.utils.remote_client import ClientLeft, remote_client_of
from app.utils.secret_path import shown_path

_CLIENT_LEFT = 499
"""Never sent: nginx's number for a client that left before its answer, for the access line and the metrics."""


class ErrorsMiddleware:
    """Pure ASGI. The framework's own handler of 500 stands outside all middlewares, so its answer would have neither
    request id nor CORS headers.
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
                # It may have closed its half of the connection only, and wait for the answer.
                response = self.problems.answer(Overloaded(), shown_path(scope))
            await response(scope, receive, send)
        except Exception as error:
            if started:
                # Half an answer is out: only a broken connection still tells the client.
                raise
            response = self.problems.answer(error, shown_path(scope))
            await response(scope, receive, send)
