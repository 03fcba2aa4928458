"""Endpoint parameters for the database: the unit of work and the read-only session."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.dependencies.services_dependency import service

Db = Annotated[Database, service(Database)]


async def unit_of_work(database: Db) -> AsyncIterator[UnitOfWork]:
    """Opens the unit of work of a request, which commits when the endpoint returns."""
    async with open_unit_of_work(database) as work:
        yield work


# "function" commits before the answer is sent. A plain `yield` dependency would commit afterwards, and a client would
# get 200 for a commit that failed.
Work = Annotated[UnitOfWork, Depends(unit_of_work, scope="function")]


async def read_session(database: Db) -> AsyncIterator[AsyncSession]:
    """Opens a read-only session for a request."""
    async with database.session() as session:
        yield session


# "function" releases the connection before the answer is sent, however slowly the client reads it.
ReadSession = Annotated[AsyncSession, Depends(read_session, scope="function")]
