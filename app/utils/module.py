"""The manifest of a module: everything that the application needs to know about it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from app.settings import SettingsGroup
from app.utils.container import Container
from app.utils.invariants import Invariant

if TYPE_CHECKING:
    # The first process reads manifests and does not need the framework otherwise.
    from fastapi import APIRouter

T = TypeVar("T")
Lifespan = Callable[[Container], AbstractAsyncContextManager[None]]


class ModulesError(Exception):
    """The modules cannot be served. The message is one line."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Module:
    """The manifest of one module of the application.

    - `name`: as in `APPLICATION_ENABLED_MODULES`, without `_module`.
    - `router`: served below `API_PREFIX`, or a function that returns it for the modules of one application;
      `root_router`: served at the root.
    - `depends_on`: names of the modules whose services it uses; they start first and stop last.
    - `left_out_with`: those of them that may be excluded without a word about this module, which is then left out, too,
      unless it is enabled by its name.
    - `models`: the tables it owns.
    - `lifespan`: a context manager around the serving; it puts the module's services into the container.
    - `events`: the kinds that it writes into streams, each with the model of its data; or a function that returns them
      for the modules of one application.
    - `constraint_errors`: the ServiceError to raise for each constraint of its tables that is violated.
    - `invariants`: conditions on its tables that no constraint can express, for `manage.py doctor`.
    - `settings`: its own variables; `container.get` returns the group.
    - `contributes`: what it adds to other modules, through the classes in their `extension.py`.
    - `check`: raises ModulesError if what modules contribute to it cannot be served.

    A file `commands.py` beside the manifest, with a Typer called `commands`, adds commands to `manage.py`.
    """

    name: str
    description: str
    router: "APIRouter | Callable[[Modules], APIRouter] | None" = None
    root_router: "APIRouter | None" = None
    depends_on: tuple[str, ...] = ()
    left_out_with: tuple[str, ...] = ()
    models: tuple[type, ...] = ()
    lifespan: Lifespan | None = None
    on_by_default: bool = True
    events: "Mapping[str, type] | Callable[[Modules], Mapping[str, type]]" = field(default_factory=dict)
    constraint_errors: Mapping[str, type[Exception]] = field(default_factory=dict)
    invariants: tuple[Invariant, ...] = ()
    settings: type[SettingsGroup] | None = None
    contributes: tuple[object, ...] = ()
    check: "Callable[[Modules], object] | None" = None


class Modules(tuple[Module, ...]):
    """The enabled modules, each after the ones that it depends on."""

    @property
    def events(self) -> Mapping[str, type]:
        """Returns all kinds of events of these modules, each with the model of its data.

        Raises ModulesError for a kind that two modules write.
        """
        kinds: dict[str, type] = {}
        for module in self:
            own = module.events(self) if callable(module.events) else module.events
            for kind in own.keys() & kinds.keys():
                raise ModulesError(f"module {module.name!r} writes {kind!r}, which is an event of another module")
            kinds |= own
        return kinds

    def contributions(self, kind: type[T]) -> tuple[T, ...]:
        """Returns what the modules contribute to one extension point, in the order of the modules."""
        return tuple(found for module in self for found in module.contributes if isinstance(found, kind))
