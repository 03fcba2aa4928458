"""What lives as long as the application: settings, connections, services; one of each type."""

from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Container:
    """A dictionary from a type to the one object of it."""

    def __init__(self) -> None:
        self._services: dict[type, Any] = {}

    @property
    def services(self) -> Mapping[type, object]:
        """All of them, as they are now."""
        return self._services.copy()

    def put(self, kind: type[T], service: T) -> T:
        """Adds a thing. Raises ValueError for a second one of the same type: two owners would each use another one."""
        if kind in self._services:
            raise ValueError(f"the container already has a {kind.__name__}")
        self._services[kind] = service
        return service

    def replace(self, kind: type[T], service: T) -> T:
        """Exchanges the thing of this type, which exists, for another one."""
        self.get(kind)
        self._services[kind] = service
        return service

    def get(self, kind: type[T]) -> T:
        """The thing of this type. LookupError where no module has put one: a `depends_on` is missing."""
        try:
            service: T = self._services[kind]
        except KeyError:
            raise LookupError(f"the container has no {kind.__name__}") from None
        return service
