"""What lives as long as the application: settings, connections, services; one of each type."""

from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Container:
    """A dictionary from a type to the one object of it."""

    def __init__(self) -> None:
        self._things: dict[type, Any] = {}

    @property
    def things(self) -> Mapping[type, object]:
        """All of them, as they are now."""
        return self._things.copy()

    def put(self, kind: type[T], thing: T) -> T:
        """Adds a thing. Raises ValueError for a second one of the same type: two owners would each use another one."""
        if kind in self._things:
            raise ValueError(f"the container already has a {kind.__name__}")
        self._things[kind] = thing
        return thing

    def replace(self, kind: type[T], thing: T) -> T:
        """Exchanges the thing of this type, which exists, for another one."""
        self.get(kind)
        self._things[kind] = thing
        return thing

    def get(self, kind: type[T]) -> T:
        """The thing of this type. LookupError where no module has put one: a `depends_on` is missing."""
        try:
            thing: T = self._things[kind]
        except KeyError:
            raise LookupError(f"the container has no {kind.__name__}") from None
        return thing
