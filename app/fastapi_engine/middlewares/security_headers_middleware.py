"""The security headers of every response."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    # For responses that are not pages. A page sets its own policy.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_OWN = frozenset([*(name for name, _ in _HEADERS), b"etag"])
_HTTPS = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeadersMiddleware:
    """ASGI middleware that adds the headers that a response does not set itself.

    Responses contain tokens and messages, so they are not cached unless they say how. A request counts as HTTPS if the
    server, or a trusted proxy, says so.
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
                    # It is cached and revalidated.
                    own.add(b"cache-control")
                headers += [header for header in _HEADERS if header[0] not in own] if own else _HEADERS
                if scope["scheme"] == "https":
                    headers.append(_HTTPS)
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, add_headers)
