"""The unit of work: the only place that commits, besides the batch writer of sends."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.utils.isolation import call_isolated


class UnitOfWork:
    """One request's transaction: all of its changes are committed, or none.

    It must not be used by several tasks at once.
    """

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._raw: Connection | None = None
        self._after_commit: list[Callable[[], None]] = []
        # Called before a stream is locked. It may raise if this lock would violate the order of locks.
        self.before_stream_lock: Callable[[], None] = lambda: None

    def after_commit(self, action: Callable[[], None]) -> None:
        """Calls `action` after the commit; never if the changes are rolled back.

        An error of an action is logged and counted. It does not reach the other actions or the caller, because the
        changes are durable.
        """
        self._after_commit.append(action)

    async def raw(self) -> Connection:
        """Returns the driver's connection of the session, inside the same transaction."""
        if self._raw is not None:
            return self._raw
        connection = await self.session.connection()
        fairy = await connection.get_raw_connection()
        raw = fairy.driver_connection
        assert isinstance(raw, asyncpg.Connection)  # noqa: S101
        if not raw.is_in_transaction():
            # The dialect begins its transaction with the first statement that goes through it.
            await self.session.execute(text("SELECT 1"))
        self._raw = raw
        return raw

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Rolls back what the block has changed if it raises, and forgets what it would do after the commit."""
        before = len(self._after_commit)
        try:
            async with self.session.begin_nested():
                # Without a statement of the session SQLAlchemy would not begin it, and `raw` may be all that is used.
                await self.session.connection()
                yield
        except BaseException:
            del self._after_commit[before:]
            raise

    async def commit(self) -> None:
        """Commits the changes made so far.

        A request calls it itself only to keep them although it will be refused, or to release its locks before it reads
        its answer.
        """
        # The commit returns the connection to its pool.
        self._raw = None
        await self.session.commit()
        actions, self._after_commit = self._after_commit, []
        for action in actions:
            call_isolated(action)


@asynccontextmanager
async def open_unit_of_work(database: Database) -> AsyncIterator[UnitOfWork]:
    """Opens a unit of work: commits at the end of the block, rolls back if the block raises."""
    async with database.sessions() as session:
        work = UnitOfWork(session)
        yield work
        await work.commit()
