"""What the callbacks of contributions work with: contributions are made at import, before anything else exists."""

from dataclasses import dataclass
from datetime import datetime

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.utils.container import Container


@dataclass(frozen=True, slots=True)
class Context:
    """Given to each callback of a contribution.

    - `connection`: the host's own, inside its transaction where it has one.
    - `container`: settings groups and services, by type.
    - `at`: the time of the operation.
    """

    connection: Connection
    container: Container
    at: datetime


@dataclass(frozen=True, slots=True)
class WorkContext(Context):
    """As Context, within a unit of work: what the callback changes is durable with the host's own changes."""

    work: UnitOfWork


async def work_context(work: UnitOfWork, container: Container, at: datetime) -> WorkContext:
    return WorkContext(await work.raw(), container, at, work)
