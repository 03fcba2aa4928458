"""What a browser is told about every answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    # For what is no page. A page brings a policy of its own.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_NOT_KEPT = (b"cache-control", b"no-store")
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
                given = {name for name, _ in headers}
                headers += [header for header in _ALWAYS if header[0] not in given]
                if b"cache-control" not in given and b"etag" not in given:
                    headers.append(_NOT_KEPT)
                if scope["scheme"] == "https":
                    headers.append(_HTTPS)
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, add_headers)
