"""The database as a parameter of an endpoint."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.dependencies.services_dependency import service

Db = Annotated[Database, service(Database)]


async def unit_of_work(database: Db) -> AsyncIterator[UnitOfWork]:
    """One request, one transaction."""
    async with open_unit_of_work(database) as work:
        yield work


# "function": the commit comes before the answer. A plain `yield` dependency would commit after the answer was sent, and
# a commit that fails would have been answered 200.
Work = Annotated[UnitOfWork, Depends(unit_of_work, scope="function")]


async def read_session(database: Db) -> AsyncIterator[AsyncSession]:
    """A transaction that cannot write."""
    async with database.session() as session:
        yield session


# "function": the connection is given back before the answer is sent, however slowly the client takes it.
ReadSession = Annotated[AsyncSession, Depends(read_session, scope="function")]
