"""`python manage.py streams ...`"""

from typing import Annotated

import typer

from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.modules.streams_module.services.numbers import move_numbers_ahead
from app.modules.streams_module.services.retention import cutoff
from app.modules.streams_module.services.retention import prune as prune_events
from app.settings import load_settings
from app.utils.asking import Yes, ask

commands = typer.Typer(no_args_is_help=True, name="streams", help="The logs of events.")


@commands.command()
def prune(
    days: Annotated[
        int | None,
        typer.Option(min=1, help="keep so many days; unless told, STREAM_RETENTION_DAYS", show_default=False),
    ] = None,
    yes: Yes = False,
) -> None:
    """Forget the events that are older than the log is kept; the server does the same every hour.

    Messages stay. Whoever comes back with an older cursor is told to read afresh.
    """
    settings = load_settings()
    kept = days or settings.streams.retention_days
    ask(settings.app.environment, f"Forget all events older than {kept} days?", yes)

    async def run(database: Database) -> int:
        return await prune_events(database, cutoff(kept))

    pruned = run_on_database(settings.db, run)
    typer.echo(f"{pruned} events older than {kept} days are forgotten")


@commands.command()
def advance(yes: Yes = False) -> None:
    """Move the numbers of events ahead, after PostgreSQL itself went back to an earlier moment.

    `db restore` does this by itself. Stop the server first. The log is emptied, messages stay: each client is told of a
    gap and reads the state again.
    """
    settings = load_settings()
    ask(settings.app.environment, "Empty the log of events and move its numbers ahead?", yes)

    async def run(database: Database) -> None:
        await move_numbers_ahead(database.address)

    run_on_database(settings.db, run)
    typer.echo("the numbers of events are ahead of all that clients have seen")
