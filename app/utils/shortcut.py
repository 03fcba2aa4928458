"""The short way to an endpoint that is asked more often than all others together.

FastAPI opens two exit stacks a request, reads the body's type as the header of a mail, parses the body and then checks
it, and asks each dependency in turn: a good part of what a send costs this process. A shortcut takes a request as every
client sends it straight to the endpoint. What is not like that is left to FastAPI, which alone says what is wrong with
a request: the two ways differ in time, and in nothing else.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from starlette.responses import Response
from starlette.types import Scope

Shortcut: TypeAlias = Callable[[Scope, bytes], Awaitable[Response | None]]
"""Called with the request's scope, which has its path's parameters, and its body. None: FastAPI is to answer."""
S = TypeVar("S", bound=Shortcut)

_NAME = "__shortcut__"
_JSON = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


def shortcut(endpoint: Callable[..., object]) -> Callable[[S], S]:
    """Declares the way to this endpoint."""

    def declare(way: S) -> S:
        setattr(endpoint, _NAME, way)
        return way

    return declare


def shortcut_to(endpoint: object) -> Shortcut | None:
    way: Shortcut | None = getattr(endpoint, _NAME, None)
    return way


def is_json(scope: Scope) -> bool:
    """Returns True if the body is JSON as clients usually declare it: once, in UTF-8, not compressed."""
    is_found = False
    for name, value in scope["headers"]:
        if name == b"content-type":
            if is_found or value not in _JSON:
                return False
            is_found = True
        elif name == b"content-encoding":
            return False
    return is_found
