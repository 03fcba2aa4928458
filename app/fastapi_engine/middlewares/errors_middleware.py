"""The outermost guard: whatever goes wrong inside becomes one problem answer, and no body is larger than allowed."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.fastapi_engine.problems import answer_unexpected
from app.resources.constants import MAX_BODY_BYTES


class ErrorsMiddleware:
    """Pure ASGI. The framework's own handler of 500 stands outside all middlewares, so its answer would have neither
    request id nor CORS headers.
    """

    def __init__(self, app: ASGIApp, *, show_internals: bool, constraint_errors: Mapping[str, type[Exception]]) -> None:
        self.app = app
        self.show_internals = show_internals
        self.constraint_errors = constraint_errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False
        received = 0

        async def watch_start(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
            await send(message)

        async def count_body() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > MAX_BODY_BYTES:
                    raise HTTPException(413, f"A body has at most {MAX_BODY_BYTES} bytes")
            return message

        try:
            await self.app(scope, count_body, watch_start)
        except Exception as error:
            if started:
                # Half an answer is out: only a broken connection still tells the client.
                raise
            response = answer_unexpected(
                scope["path"],
                error,
                show_internals=self.show_internals,
                constraint_errors=self.constraint_errors,
            )
            await response(scope, receive, send)
