"""Finds the route of a request by method and number of path segments, in place of asking every router in turn.

FastAPI keeps included routers as a tree, and looks through the whole of it anew at each level: with a module's routers
two deep that is 36% of all that a send costs in this process.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.convertors import Convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.utils.shortcut import Shortcut, shortcut_to


class _Entry(NamedTuple):
    regex: re.Pattern[str]
    convertors: Mapping[str, Convertor[object]]
    endpoint: object
    route: APIRoute
    app: ASGIApp
    shortcut: Shortcut | None


class RouteIndex:
    """Stands before the application's router, which answers whatever is not found here: 404, sockets, files.

    Of several routes that match, the one declared first answers, as in the router.
    """

    def __init__(self, app: FastAPI) -> None:
        self._router = app.router
        self._entries: dict[tuple[str, int], list[_Entry]] | None = None
        self._methods: list[tuple[re.Pattern[str], set[str]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope.get("root_path"):
            if self._entries is None:
                self._entries = self._build()
            path: str = scope["path"]
            for entry in self._entries.get((scope["method"], path.count("/")), ()):
                found = entry.regex.match(path)
                if found is not None:
                    scope["router"] = self._router
                    scope["route"] = entry.route
                    scope["endpoint"] = entry.endpoint
                    scope["path_params"] = {
                        name: entry.convertors[name].convert(value) for name, value in found.groupdict().items()
                    }
                    if entry.shortcut is None:
                        await entry.app(scope, receive, send)
                    else:
                        await _answer_shortly(entry.shortcut, entry.app, scope, receive, send)
                    return
            # The router would name the methods of one route only, of all that serve the address.
            allowed = {method for regex, methods in self._methods if regex.match(path) for method in methods}
            if allowed and scope["method"] not in allowed:
                raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
        await self._router.app(scope, receive, send)

    def _build(self) -> dict[tuple[str, int], list[_Entry]]:
        entries: dict[tuple[str, int], list[_Entry]] = defaultdict(list)
        for context in iter_route_contexts(self._router.routes):
            route = context.original_route
            if isinstance(route, APIRoute) and context.path is not None:
                self._methods.append((context.path_regex, set(context.methods or ())))
            # A parameter of the kind `path` has any number of segments.
            if not isinstance(route, APIRoute) or context.path is None or ":path}" in context.path:
                continue
            entry = _Entry(
                context.path_regex,
                context.param_convertors,
                context.endpoint,
                route,
                context.app,
                shortcut_to(context.endpoint),
            )
            for method in context.methods or ():
                entries[method, context.path.count("/")].append(entry)
        return entries


async def _answer_shortly(way: Shortcut, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    has_body = scope["method"] != "GET"
    body = await _read(receive) if has_body else b""
    response = await way(scope, body)
    if response is None:
        await app(scope, _once_more(body, receive) if has_body else receive, send)
    else:
        await response(scope, receive, send)


async def _read(receive: Receive) -> bytes:
    """The whole body; how long it may be is looked at further out. Raises ClientDisconnect."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _once_more(body: bytes, receive: Receive) -> Receive:
    """Gives the body to whoever asks next."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def install_route_index(app: FastAPI) -> None:
    """To be called once all routes are declared."""
    app.router.middleware_stack = RouteIndex(app)
