from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.database import BackgroundDatabase
from app.modules.jobs_module.db.invariants import INVARIANTS
from app.modules.jobs_module.db.models import JobRow, JobScheduleRow
from app.modules.jobs_module.extension import Job, Jobs, Lane, Schedule
from app.modules.jobs_module.services.contributions import check_contributions
from app.modules.jobs_module.services.runner import Runner
from app.modules.jobs_module.services.turns import Turns
from app.utils.background import Background
from app.utils.container import Container
from app.utils.module import Module, Modules


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    modules = container.get(Modules)
    jobs = container.put(Jobs, Jobs(modules.contributions(Job)))
    container.put(Turns, Turns())
    runner = Runner(
        container.get(BackgroundDatabase), container, jobs, modules.contributions(Lane), modules.contributions(Schedule)
    )
    container.get(Background).add(runner.working)
    yield


module = Module(
    name="jobs",
    description="Jobs: delayed, retried and periodic work",
    depends_on=("base",),
    models=(JobRow, JobScheduleRow),
    lifespan=lifespan,
    invariants=INVARIANTS,
    check=check_contributions,
)
