"""Recognizes WebSocket handshakes. Any other offer to switch protocols is ignored (RFC 9110, 7.8)."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httptools import HttpParserInvalidURLError, parse_url
from starlette.routing import WebSocketRoute
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol

from app.fastapi_engine.request_head import Header

PATHS_STATE = "websocket_paths"
"""The key of the patterns of all WebSocket paths in the lifespan's state."""

_LONGEST_OFFER = 1024
"""The largest size of all `Connection` and `Upgrade` headers, in bytes. The library parses them slowly."""


def list_websocket_paths(app: FastAPI) -> tuple[re.Pattern[str], ...]:
    """Returns a pattern for each WebSocket route of the application."""
    return tuple(
        context.path_regex
        for context in iter_route_contexts(app.router.routes)
        if isinstance(context.original_route, WebSocketRoute)
    )


def read_handshake(
    method: str, target: bytes, http_version: str, headers: Sequence[Header], paths: Iterable[re.Pattern[str]]
) -> Request | None:
    """Returns the handshake, or None if the request is not one.

    A handshake is a GET of HTTP/1.1 on a WebSocket's path, without a body, with the headers that RFC 6455 requires.
    """
    try:
        url = parse_url(target)
    except HttpParserInvalidURLError:
        return None
    path = (url.path or b"/").decode("ascii")
    if not any(pattern.match(unquote(path)) for pattern in paths) or _has_body(headers):
        return None
    if sum(len(value) + 1 for name, value in headers if name in (b"connection", b"upgrade")) > _LONGEST_OFFER:
        return None
    address = f"{path}?{url.query.decode('ascii')}" if url.query else path
    request = Request(
        address,
        Headers([(name.decode("ascii"), value.decode("latin-1")) for name, value in headers]),
        method,
        f"HTTP/{http_version}",
    )
    return request if ServerProtocol().accept(request).status_code == HTTPStatus.SWITCHING_PROTOCOLS else None


def _has_body(headers: Iterable[Header]) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip() != b"0") for name, value in headers
    )
