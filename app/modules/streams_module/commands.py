"""`python manage.py streams ...`"""

from typing import Annotated

import typer

from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.modules.streams_module.services.retention import cutoff
from app.modules.streams_module.services.retention import prune as prune_events
from app.modules.streams_module.services.sequence_numbers import move_numbers_ahead
from app.settings import load_settings
from app.utils.confirmation import Yes, confirm

commands = typer.Typer(no_args_is_help=True, name="streams", help="Maintain the event log.")


@commands.command()
def prune(
    days: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, help="days to keep; the default is STREAM_RETENTION_DAYS", show_default=False),
    ] = None,
    yes: Yes = False,
) -> None:
    """Delete events that are older than the retention time. The server does the same every hour.

    Messages stay. A client that returns with an older cursor gets stream_gap and reads the state again.
    """
    settings = load_settings()
    kept = days or settings.streams.retention_days
    confirm(settings.app.environment, f"Delete all events older than {kept} days?", yes)

    async def run(database: Database) -> int:
        return await prune_events(database, cutoff(kept))

    pruned = run_on_database(settings.db, run)
    typer.echo(f"{pruned} events older than {kept} days were deleted")


@commands.command()
def advance(yes: Yes = False) -> None:
    """Advance the sequence numbers of events after PostgreSQL itself was restored to an earlier moment.

    `db restore` does this itself. Stop the server first. The event log is emptied, messages stay: each client gets
    stream_gap and reads the state again.
    """
    settings = load_settings()
    confirm(settings.app.environment, "Empty the event log and advance its sequence numbers?", yes)

    async def run(database: Database) -> None:
        await move_numbers_ahead(database.address)

    run_on_database(settings.db, run)
    typer.echo("the sequence numbers are now above all that clients have seen")
