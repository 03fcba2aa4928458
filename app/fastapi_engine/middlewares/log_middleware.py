"""The log middleware: an id and an access line for each request, and its client for the queues where it waits."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.fastapi_engine.request_ids import id_of_request
from app.utils.access_log import access_log
from app.utils.logs import request_id
from app.utils.remote_client import end_serving, remote_client_of, serve_client
from app.utils.secret_path import SHOWN_PATH, hidden_prefix

_HEADS = frozenset({"http.response.start", "websocket.http.response.start", "websocket.accept"})
"""ASGI messages with the headers of a response."""


class LogMiddleware:
    """ASGI middleware outside all others, so that a refused origin or an unexpected error also has an id and a line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        own_id = id_of_request(scope)
        token, id_header = request_id.set(own_id), own_id.encode()
        # What a WebSocket has sent is executed even if the client has left since.
        served = serve_client(remote_client_of(scope)) if scope["type"] == "http" else None
        began = perf_counter()
        status = 500

        async def add_id(message: Message) -> None:
            nonlocal status
            if message["type"] in _HEADS:
                status = message.get("status", status)
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", id_header)]
            await send(message)

        try:
            await self.app(scope, receive, add_id)
        finally:
            took = (perf_counter() - began) * 1000
            client = scope["client"][0] if scope.get("client") else "-"
            # The path as it was sent: decoded, it may contain a line break. The query is left out, because it contains
            # what users search for.
            path = scope["raw_path"].decode("ascii", "backslashreplace")
            if SHOWN_PATH in scope:
                path = scope[SHOWN_PATH] or path
            elif (prefix := hidden_prefix(scope)) is not None:
                # A preflight, or a path that no route has.
                path = f"{prefix}..."
            if scope["type"] == "http":
                message = f"{scope['method']} {path} {status} {took:.1f}ms {client}"
            else:
                message = f"WS {path} {took / 1000:.1f}s {client}"
            access_log.write(__name__, request_id.get(), message)
            if served is not None:
                end_serving(served)
            request_id.reset(token)
