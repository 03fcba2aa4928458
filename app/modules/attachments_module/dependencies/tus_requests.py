"""The middleware of requests by tus, for what has to be done before or without their route."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.modules.attachments_module.services.tus import RESUMABLE
from app.services.http_requests import HttpMiddleware
from app.settings.app_settings import AppSettings
from app.utils.container import Container

_OVERRIDE = b"x-http-method-override"
_METHODS = {name.encode(): name for name in ("HEAD", "PATCH", "DELETE")}
_HEADERS = [(name.lower().encode(), value.encode()) for name, value in RESUMABLE.items()]


class TusMiddleware:
    """Routes a POST by its X-HTTP-Method-Override, and adds `Tus-Resumable` to each answer, errors included."""

    def __init__(self, app: ASGIApp, container: Container) -> None:
        self._app = app
        self._prefix = f"{container.get(AppSettings).prefix}/attachments"

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_tus = scope["type"] == "http" and scope["path"].startswith(self._prefix)
        return self._serve(scope, receive, send) if is_tus else self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = scope["method"]
        if sent == "POST":
            asked = next((value for name, value in scope["headers"] if name == _OVERRIDE), b"")
            scope["method"] = _METHODS.get(asked, sent)

        async def begin(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The answer is one to the method that was sent: that of a POST has a body.
                scope["method"] = sent
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        try:
            await self._app(scope, receive, begin)
        except Exception as error:
            scope["method"] = sent
            error.headers = {**(getattr(error, "headers", None) or {}), **RESUMABLE}  # type: ignore[attr-defined]
            raise


TUS = HttpMiddleware("tus", TusMiddleware)
