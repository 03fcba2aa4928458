"""Finds the route of a request by method, number of path segments and last segment, without asking each router in turn.

FastAPI keeps included routers as a tree, and searches the whole tree again at each level. With modules' routers at a
depth of two that is 36% of the cost of a send in this process. tests/test_patched_internals.py names the internals that
this module bypasses.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security.base import SecurityBase
from starlette.convertors import Convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.dependencies.hot_route import HotRoute
from app.fastapi_engine.request_bodies import BodyRules, body_form_of, checks_body, read_checked_body
from app.utils.body_limit import body_limit_of
from app.utils.secret_path import SHOWN_PATH, has_secret_path


class _Entry(NamedTuple):
    """A route of the index."""

    regex: re.Pattern[str]
    convertors: Mapping[str, Convertor[object]]
    endpoint: object
    route: APIRoute
    app: ASGIApp
    last: str | None
    """The last segment of the path; None if it is a parameter."""
    shown: str | None
    """The path that logs show in place of a path with a secret; None if it has none."""


_NO_ENTRIES: Mapping[str | None, list[_Entry]] = {None: []}


class RouteIndex:
    """The innermost ASGI middleware, which calls the route of a request.

    The application's router answers requests without a route here: 404, sockets, files. ErrorsMiddleware handles the
    errors of endpoints. If several routes match, the one declared first answers, as in the router. Routes with a
    parameter of the kind `path`, which has any number of segments, come last. A GET route answers HEAD as well: uvicorn
    sends no body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._entries: dict[tuple[str, int], dict[str | None, list[_Entry]]] = {}
        """Routes by method and number of slashes, then by last segment. None is for segments that no route names."""
        self._of_any_length: dict[str, list[_Entry]] = defaultdict(list)
        self._methods: list[tuple[re.Pattern[str], set[str], str | None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope.get("root_path"):
            if not self._entries:
                self._build(scope["app"])
            path: str = scope["path"]
            method: str = scope["method"]
            by_last = self._entries.get((method, path.count("/")), _NO_ENTRIES)
            last = path[path.rfind("/") + 1 :]
            for entry in by_last.get(last) or by_last[None] or self._of_any_length[method]:
                found = entry.regex.fullmatch(path)
                if found is not None:
                    if entry.shown is not None:
                        scope[SHOWN_PATH] = entry.shown
                    scope["route"] = entry.route
                    scope["endpoint"] = entry.endpoint
                    scope["path_params"] = {
                        name: entry.convertors[name].convert(value) for name, value in found.groupdict().items()
                    }
                    await entry.app(scope, receive, send)
                    return
            # The router would name the methods of only one of the routes with this path.
            matching = [(methods, shown) for regex, methods, shown in self._methods if regex.fullmatch(path)]
            allowed = {name for methods, _ in matching for name in methods}
            if allowed:
                scope[SHOWN_PATH] = next((shown for _, shown in matching if shown), None)
                raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
            if path.endswith("\n"):
                # The patterns of the router end with `$`, which matches before a line break too.
                raise HTTPException(404)
        await self.app(scope, receive, send)

    def _build(self, app: FastAPI) -> None:
        entries: dict[tuple[str, int], list[_Entry]] = defaultdict(list)
        for context in iter_route_contexts(app.routes):
            route = context.original_route
            if not isinstance(route, APIRoute) or context.path is None:
                continue
            form, methods = body_form_of(route), set(context.methods or ())
            if "GET" in methods:
                methods.add("HEAD")
            shown = context.path if has_secret_path(context.endpoint) else None
            self._methods.append((context.path_regex, methods, shown))
            rules = None
            if form is not None:
                rules = BodyRules(form, body_limit_of(context.endpoint), _authentication_of(route.dependant))
            if isinstance(route, HotRoute):
                answer = _answers(route, rules)
            else:
                answer = AsyncExitStackMiddleware(context.app)
                if rules is not None:
                    answer = checks_body(rules, answer)
            last = context.path.rpartition("/")[2]
            entry = _Entry(
                context.path_regex,
                context.param_convertors,
                context.endpoint,
                route,
                answer,
                None if "{" in last else last,
                shown,
            )
            is_of_any_length = ":path}" in context.path
            for method in methods:
                found = self._of_any_length[method] if is_of_any_length else entries[method, context.path.count("/")]
                found.append(entry)
        for (method, _), found in entries.items():
            found += self._of_any_length.get(method, ())
        self._entries = {key: _by_last_segment(found) for key, found in entries.items()}


def _by_last_segment(entries: list[_Entry]) -> dict[str | None, list[_Entry]]:
    """Returns, for each last segment that an entry names, the entries that may match a path with that last segment.

    The key None has those that may match any other path. The order of entries is kept.
    """
    named = {entry.last for entry in entries} - {None}
    return {last: [entry for entry in entries if entry.last in (None, last)] for last in (None, *named)}


def _authentication_of(dependant: Dependant) -> Callable[[Request], Awaitable[object]] | None:
    """Returns the dependency that is the security scheme of an operation. None if it has none."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, SecurityBase):
            return dependency.call
        found = _authentication_of(dependency)
        if found is not None:
            return found
    return None


def _answers(route: HotRoute, rules: BodyRules | None) -> ASGIApp:
    """Returns the ASGI application of a hot route, without the wrappers that FastAPI puts around each route."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        body = b"" if rules is None else await read_checked_body(scope, receive, rules)
        response = await route.respond(scope, body)
        await response(scope, receive, send)

    return answer


def secret_prefixes(app: FastAPI) -> tuple[str, ...]:
    """Returns what the application's paths begin with that contain a secret."""
    secret = (context for context in iter_route_contexts(app.routes) if has_secret_path(context.endpoint))
    return tuple(context.path.partition("{")[0] for context in secret if context.path)
