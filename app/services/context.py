"""The context of contributed callbacks. Contributions are created at import, before services and connections exist."""

from dataclasses import dataclass
from datetime import datetime

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.utils.container import Container


@dataclass(frozen=True, slots=True)
class Context:
    """The context that each callback of a contribution receives.

    - `connection`: the host's connection, inside its transaction if it has one.
    - `container`: settings groups and services, by type.
    - `at`: the time of the operation.
    """

    connection: Connection
    container: Container
    at: datetime


@dataclass(frozen=True, slots=True)
class WorkContext(Context):
    """A context with a unit of work: the callback's changes are committed with the host's own changes."""

    work: UnitOfWork


async def work_context(work: UnitOfWork, container: Container, at: datetime) -> WorkContext:
    return WorkContext(await work.raw(), container, at, work)
