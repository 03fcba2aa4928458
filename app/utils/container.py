"""The objects with the application's lifetime (settings, connections, services), one of each type."""

from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Container:
    """A mapping from a type to the application's one object of that type."""

    def __init__(self) -> None:
        self._services: dict[type, Any] = {}

    @property
    def services(self) -> Mapping[type, object]:
        """A copy of the mapping, as it is now."""
        return self._services.copy()

    def put(self, kind: type[T], service: T) -> T:
        """Adds an object and returns it. Raises ValueError if there is one of the same type already."""
        if kind in self._services:
            raise ValueError(f"the container already has a {kind.__name__}")
        self._services[kind] = service
        return service

    def replace(self, kind: type[T], service: T) -> T:
        """Replaces the object of this type. Raises LookupError if there is none."""
        self.get(kind)
        self._services[kind] = service
        return service

    def get(self, kind: type[T]) -> T:
        """Returns the object of this type. Raises LookupError if no module has put one: a `depends_on` is missing."""
        try:
            service: T = self._services[kind]
        except KeyError:
            raise LookupError(f"the container has no {kind.__name__}") from None
        return service
