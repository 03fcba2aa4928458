"""Batched deletion of the rows of jobs that succeeded."""

import asyncio

from app.adapters.db.database import Database
from app.modules.jobs_module.db.cruds.leases import Lease, complete


class Completions:
    """Deletes the rows of completed jobs in batches, because a commit costs more than a small job.

    Jobs that end while a statement runs share the next one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[Lease, asyncio.Future[None]] = {}
        self._deleting: asyncio.Task[None] | None = None

    async def add(self, lease: Lease) -> None:
        """Returns after the row is deleted. Raises TransientDatabaseError."""
        deleted = self._waiting[lease] = asyncio.get_running_loop().create_future()
        if self._deleting is None:
            self._deleting = asyncio.create_task(self._delete())
        await deleted

    async def _delete(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, {}
            try:
                async with self._database.connection() as connection:
                    await complete(connection, list(taken))
            except Exception as error:  # noqa: BLE001 - each waiting job gets the error
                for deleted in taken.values():
                    if not deleted.done():
                        deleted.set_exception(error)
            else:
                for deleted in taken.values():
                    if not deleted.done():
                        deleted.set_result(None)
        self._deleting = None
