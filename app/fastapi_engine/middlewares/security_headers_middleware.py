"""What a browser is told about every answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    # For what is no page. A page brings a policy of its own.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_OWN = frozenset([*(name for name, _ in _HEADERS), b"etag"])
_HTTPS = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeadersMiddleware:
    """Pure ASGI. What an answer says itself stands.

    Answers hold tokens and messages: they are kept by nobody, unless they say how. Whether a request came by HTTPS is
    what the server sees, or what a proxy says that is trusted.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                own = {name for name, _ in headers} & _OWN
                if b"etag" in own:
                    # It is kept, and asked for again.
                    own.add(b"cache-control")
                headers += [header for header in _HEADERS if header[0] not in own] if own else _HEADERS
                if scope["scheme"] == "https":
                    headers.append(_HTTPS)
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, add_headers)
