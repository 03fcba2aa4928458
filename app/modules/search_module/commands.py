"""`python manage.py search ...`"""

import asyncio

import typer

from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.adapters.errors import DatabaseBusy
from app.modules.search_module.services import building
from app.modules.search_module.services.building import Building, Progress
from app.settings import load_settings

commands = typer.Typer(no_args_is_help=True, name="search", help="Show and rebuild the search index.")

_POLL_PERIOD = 1.0
_LOCKED_PAUSE = 3.0
"""Searches go on meanwhile: they wait while the index is about to be swapped."""


@commands.command()
def status() -> None:
    """Show whether the index is complete, how far a new one is, and what is not indexed yet."""

    async def run(database: Database) -> tuple[Progress, int]:
        return await building.read_progress(database), await building.count_pending(database)

    progress, pending = run_on_database(load_settings().db, run)
    typer.echo(_describe(progress))
    typer.echo(f"{pending} chats have messages that are not indexed yet")


@commands.command()
def rebuild() -> None:
    """Build a new index beside the one in use, and swap the two when it is complete.

    Searches and the indexing of new messages go on. A build that is under way is continued. Ended in the middle, it is
    continued by the running server.
    """

    async def run(database: Database) -> Progress:
        await _begin(database)
        finishing = asyncio.create_task(_finish(database))
        while not finishing.done():
            await asyncio.wait([finishing], timeout=_POLL_PERIOD)
            if not finishing.done():
                typer.echo(_describe(await building.read_progress(database)))
        await finishing
        return await building.read_progress(database)

    typer.echo(_describe(run_on_database(load_settings().db, run)))


async def _begin(database: Database) -> None:
    """Begins a build, unless one is under way. A server that looks for one holds its row for a moment."""
    while True:
        async with open_unit_of_work(database) as work:
            if await building.begin(work):
                return
        progress = await building.read_progress(database)
        if progress.is_building and progress.has_form:
            return
        await asyncio.sleep(0.1)


async def _finish(database: Database) -> None:
    """Waits until the index is built, here or by the running server. A backup that reads it delays the swap."""
    while (await building.read_progress(database)).is_building:
        try:
            await Building(database).finish()
        except DatabaseBusy:
            await asyncio.sleep(_LOCKED_PAUSE)
        await asyncio.sleep(0.1)


def _describe(progress: Progress) -> str:
    if progress.is_building:
        what = "the first index" if progress.is_first else "a new index"
        return f"{what} is being built: {progress.done} of {progress.total} messages"
    return "the index is complete" + ("" if progress.has_form else ", in an older format: it will be rebuilt soon")
