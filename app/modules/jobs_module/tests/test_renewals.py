"""Leases of a process that cannot reach the database: its jobs go on only until they may be taken over."""

import asyncio
from dataclasses import replace

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import BackgroundDatabase, Database
from app.modules.jobs_module.extension import Job, JobContext, Jobs
from app.modules.jobs_module.services import runner
from app.modules.jobs_module.services.runner import Runner
from app.modules.jobs_module.tests.sample_jobs import Text, enqueuing
from app.utils.container import Container
from tests.wire import Wire


async def test_a_job_is_cancelled_if_its_lease_was_not_renewed_for_as_long_as_it_lasts(
    container: Container, connection: Connection, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the test renews leases, and ends them.
    for name in ("_BEAT", "LEASE"):
        monkeypatch.setattr(runner, name, 3600)
    has_begun = asyncio.Event()

    async def run(context: JobContext, payload: Text) -> None:
        has_begun.set()
        await asyncio.Event().wait()

    job = Job("slow", Text, run)
    address = replace(container.get(Database).address, host="127.0.0.1", port=wire.port)
    async with BackgroundDatabase(address).connected() as database:
        running = Runner(database, container, Jobs([job]))
        async with running.working():
            await enqueuing(container, job).enqueue(job)
            running.wake()
            await has_begun.wait()
            (lease,) = running._running
            lease.renewed -= 3600
            await running.renew_leases()
            wire.cut()
            await running.renew_leases()
            assert not lease.is_cancelled
            lease.renewed -= 3600
            await running.renew_leases()
            assert lease.is_cancelled
