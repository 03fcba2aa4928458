"""Periodic jobs. One of all processes enqueues the next run, in the transaction that moves the schedule."""

import asyncio
from collections.abc import Sequence

from loguru import logger

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.db.cruds import queue
from app.modules.jobs_module.db.cruds import schedules as crud
from app.modules.jobs_module.extension import SCHEDULED, Jobs, Schedule

POLL = 1.0
"""Seconds between two looks for due jobs."""


class Schedules:
    """Enqueues due periodic jobs. It polls every second, so a period must not be shorter."""

    def __init__(self, database: Database, jobs: Jobs, schedules: Sequence[Schedule]) -> None:
        self._database = database
        self._jobs = jobs
        self._schedules = {schedule.job.name: schedule for schedule in schedules}
        self._periods = {name: schedule.seconds for name, schedule in self._schedules.items()}

    async def run(self) -> None:
        """Enqueues due jobs every second until cancelled."""
        if not self._schedules:
            return
        is_registered = False
        while True:
            try:
                if not is_registered:
                    await self.register()
                    is_registered = True
                await self.enqueue_due()
            except Exception as error:  # noqa: BLE001 - the loop must continue
                logger.debug("cannot read the schedules: {!r}", error)
            await asyncio.sleep(POLL)

    async def register(self) -> None:
        """Adds new schedules. They are due at once."""
        async with self._database.connection() as connection:
            await crud.register(connection, self._periods)

    async def enqueue_due(self) -> None:
        """Enqueues the jobs whose period has begun, except those whose previous run has not ended."""
        # A unit of work costs ten times as much, and most seconds need none.
        async with self._database.connection() as connection:
            if not await crud.is_one_due(connection, self._periods):
                return
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            for name in await crud.take_due(raw, self._periods):
                job = self._schedules[name].job
                if not await queue.exists(raw, job.owner_of(SCHEDULED), name, SCHEDULED):
                    await self._jobs.enqueue(work, job, job.payload(), key=SCHEDULED)
