"""Jobs that run periodically, run when a test needs them."""

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Job, Jobs, Nothing
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import eventually


async def run_once(container: Container, job: Job) -> None:
    """Runs a job that needs no data, and waits until it has succeeded."""
    async with open_unit_of_work(container.get(Database)) as work:
        job_id = await container.get(Jobs).enqueue(work, job, Nothing())

    async def has_succeeded() -> bool:
        return not await rows(container, "SELECT FROM job WHERE id = $1", job_id)

    await eventually(has_succeeded)
