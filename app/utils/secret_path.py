"""Routes whose paths contain a secret, such as the token of a signed address. Logs show the route instead."""

from collections.abc import Callable, MutableMapping
from typing import Any, TypeVar

E = TypeVar("E", bound=Callable[..., object])

SHOWN_PATH = "shown path"
"""The key of an ASGI scope for the path of the route, set if the path of the request contains a secret."""
HIDDEN_PREFIXES = "hidden_prefixes"
"""The attribute of an application's state for what its paths begin with that contain a secret."""
_NAME = "__secret_path__"


def secret_path(endpoint: E) -> E:
    """Declares that the path parameters of an endpoint are secrets."""
    setattr(endpoint, _NAME, True)
    return endpoint


def has_secret_path(endpoint: object) -> bool:
    return getattr(endpoint, _NAME, False)


def shown_path(scope: MutableMapping[str, Any]) -> str:
    """Returns the path of a request for logs and problems."""
    path: str = scope.get(SHOWN_PATH) or scope["path"]
    return path


def hidden_prefix(scope: MutableMapping[str, Any]) -> str | None:
    """Returns what the path of a request that no route has taken begins with, if it may contain a secret."""
    app = scope.get("app")
    prefixes: tuple[str, ...] = getattr(app.state, HIDDEN_PREFIXES) if app is not None else ()
    return next((prefix for prefix in prefixes if scope["path"].startswith(prefix)), None)
