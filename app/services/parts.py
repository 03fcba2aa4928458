"""Fields that modules contribute to another module's responses. They are computed on reading, and set by PATCH."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import isfunction
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.services.context import Context, work_context
from app.utils.container import Container
from app.utils.module import Modules

Describe = Callable[[Context, UUID, Sequence[UUID]], Awaitable[Mapping[UUID, Any]]]


@dataclass(frozen=True)
class Part:
    """The base of all kinds of parts. Each kind has its own class in the `extension.py` of its host.

    - `read`: the field's annotation, or a function that returns it for the modules of one application; None for a field
      of PATCH only. `empty`: its value for an object that `describe` returns nothing for.
    - `describe(context, viewer_id, ids)`: returns the values by id, as the viewer sees them. Called once per page.
    - `update`: the annotation of a field of PATCH; its `apply` sets the value, and returns True if anything changed.
    """

    name: str
    read: Any
    empty: Any = None
    describe: Describe | None = None
    update: Any = None
    apply: Callable[..., Awaitable[bool]] | None = None

    def __post_init__(self) -> None:
        if (self.update is None) != (self.apply is None):
            raise ValueError(f"the {type(self).__name__} {self.name!r} has both `update` and `apply`, or neither")

    def annotation(self, modules: Modules) -> Any:
        """Returns the annotation of the field in responses."""
        return self.read(modules) if isfunction(self.read) else self.read


class Parts:
    """Collects the values of the contributed parts, with one call of each per page, and applies their changes."""

    def __init__(self, parts: Sequence[Part], container: Container, *, read_by_host: Collection[str] = ()) -> None:
        """`read_by_host`: names of fields that the host reads together with its own."""
        self._parts = parts
        self._described = [part for part in parts if part.read is not None and part.name not in read_by_host]
        self._container = container

    async def describe(self, connection: Connection, viewer: UUID, ids: Sequence[UUID]) -> list[dict[str, Any]]:
        """Returns the contributed fields of each object in the order of `ids`, as the viewer sees them."""
        if not self._described:
            return [{}] * len(ids)
        context = Context(connection, self._container, datetime.now(UTC))
        described = [
            (part, await part.describe(context, viewer, ids) if part.describe and ids else {})
            for part in self._described
        ]
        return [{part.name: values.get(key, part.empty) for part, values in described} for key in ids]

    async def apply(self, work: UnitOfWork, ids: tuple[UUID, ...], changes: Mapping[str, Any]) -> bool:
        """Applies the changes that belong to parts. Returns True if any of them changed anything.

        A part's `apply` is called with `ids` before the value.
        """
        context = await work_context(work, self._container, datetime.now(UTC))
        return any(
            [
                await part.apply(context, *ids, changes[part.name])
                for part in self._parts
                if part.apply is not None and part.name in changes
            ]
        )
