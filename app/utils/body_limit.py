"""The largest body of a request, a property of its route."""

from collections.abc import Callable
from typing import TypeVar

from app.resources.constants import MAX_BODY_BYTES

E = TypeVar("E", bound=Callable[..., object])

_NAME = "__body_limit__"


def body_limit(size: int) -> Callable[[E], E]:
    """Declares that the body of an endpoint has at most `size` bytes, in place of MAX_BODY_BYTES."""

    def declare(endpoint: E) -> E:
        setattr(endpoint, _NAME, size)
        return endpoint

    return declare


def body_limit_of(endpoint: object) -> int:
    limit: int = getattr(endpoint, _NAME, MAX_BODY_BYTES)
    return limit
