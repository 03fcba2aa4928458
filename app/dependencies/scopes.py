"""The scope that an API key needs for an operation: declared once per operation, for all transports and documents."""

from collections.abc import Callable
from typing import Literal, TypeVar, get_args

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

Scope = Literal[
    "profile:read",
    "chats:read",
    "chats:write",
    "members:write",
    "messages:read",
    "messages:write",
    "files:write",
    "webhooks:write",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)

F = TypeVar("F", bound=Callable[..., object])

_NAME = "__scope__"


def scoped(scope: Scope | None) -> Callable[[F], F]:
    """Declares the scope of an endpoint, of a dependency that checks a permission, or of an event or a signal.

    An event or a signal is declared by the model of its data. An operation without a scope, and one of these with None,
    is closed to API keys.
    """

    def declare(function: F) -> F:
        setattr(function, _NAME, scope)
        return function

    return declare


def scope_of(route: object) -> Scope | None:
    """Returns the scope of an operation: its endpoint's own, else that of the permission among its dependencies."""
    if not isinstance(route, APIRoute):
        return None
    own: Scope | None = getattr(route.endpoint, _NAME, None)
    return own or _scope_of_permission(route.dependant)


def scope_of_event(data: type) -> Scope | None:
    """Returns the scope of the events or signals with this data. Without a declaration it is that of reading events."""
    scope: Scope | None = getattr(data, _NAME, "messages:read")
    return scope


def _scope_of_permission(dependant: Dependant) -> Scope | None:
    for dependency in dependant.dependencies:
        found: Scope | None = getattr(dependency.call, _NAME, None) or _scope_of_permission(dependency)
        if found is not None:
            return found
    return None
