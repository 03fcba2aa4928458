"""`python manage.py jobs ...`"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.modules.jobs_module.extension import Job
from app.modules.jobs_module.services import operating
from app.settings import Settings, load_settings
from app.utils.setup_modules import enabled_modules

commands = typer.Typer(no_args_is_help=True, name="jobs", help="List, retry and cancel jobs.")

JobId = Annotated[UUID, typer.Argument(help="id of the job, as `list` shows it")]


class State(StrEnum):
    """State of a stored job."""

    WAITING = "waiting"
    RUNNING = "running"
    DEAD = "dead"


@commands.command("list")
def list_all(
    state: Annotated[State | None, typer.Option(help="only jobs in this state")] = None,
    limit: Annotated[int, typer.Option(min=1, help="maximum number of jobs")] = 100,
) -> None:
    """List waiting, running and dead jobs."""
    settings = load_settings()

    async def run(database: Database) -> list[operating.JobStatus]:
        async with database.connection() as connection:
            return await operating.list_jobs(connection, state, limit)

    known = _known(settings)
    for job in run_on_database(settings.db, run):
        key = f" key {job.key}" if job.key is not None else ""
        error = f": {job.last_error}" if job.last_error else ""
        unknown = "" if job.name in known else ", no enabled module runs it"
        typer.echo(
            f"{job.id} {job.name}{key}: {job.state}{unknown}, lane {job.lane}, "
            f"run at {job.run_at:%Y-%m-%d %H:%M:%S%z}, {job.attempts} attempts{error}"
        )


@commands.command()
def retry(job: JobId) -> None:
    """Run a job now, with all its attempts, if it is dead, waits, or was running in a killed process."""
    done = _run(lambda connection: operating.retry(connection, job))
    typer.echo("the running server will run the job within a second" if done else _REFUSED)
    raise typer.Exit(0 if done else 1)


@commands.command()
def cancel(job: JobId) -> None:
    """Remove a job that is dead, waits, or was running in a killed process."""
    done = _run(lambda connection: operating.cancel(connection, job))
    typer.echo("the job was removed" if done else "the job is running or does not exist")
    raise typer.Exit(0 if done else 1)


_REFUSED = "the job is running, does not exist, or a newer job with its key is waiting"


def _known(settings: Settings) -> set[str]:
    """Returns the names of the jobs that the enabled modules contribute."""
    modules = enabled_modules(settings.modules.enabled_modules)
    return {job.name for job in modules.contributions(Job)}


def _run(act: Callable[[Connection], Awaitable[bool]]) -> bool:
    async def run(database: Database) -> bool:
        async with database.connection() as connection:
            return await act(connection)

    return run_on_database(load_settings().db, run)
