"""`python manage.py subscribers ...`"""

from typing import Annotated
from uuid import UUID

import typer

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.modules.streams_module.services.subscribers import operating
from app.settings import load_settings

commands = typer.Typer(
    no_args_is_help=True, name="subscribers", help="What reacts to the event log: list, retry, skip, reset."
)

Name = Annotated[str, typer.Argument(help="name of the subscriber, as `list` shows it")]
Stream = Annotated[UUID | None, typer.Option(help="only this stream (the id of a chat or an account)")]


@commands.command("list")
def list_all() -> None:
    """Show each subscriber, how far it is behind, its halted streams and the events that it could not handle."""

    async def run(database: Database) -> tuple[list[operating.Standing], list[operating.Failure]]:
        async with database.connection() as connection:
            return await operating.list_subscribers(connection), await operating.list_failures(connection)

    subscribers, failures = run_on_database(load_settings().db, run)
    for one in subscribers:
        state = "" if one.is_registered else ", not registered yet"
        typer.echo(
            f"{one.name}: {one.events_behind} events behind in {one.streams_behind} streams, "
            f"{one.streams_halted} streams halted, {one.failures} events set aside{state}"
        )
    for failure in failures:
        again = ", to be retried" if failure.is_due else ""
        typer.echo(f"  {failure.subscriber}: stream {failure.stream_id} event {failure.seq}: {failure.error}{again}")


@commands.command()
def retry(name: Name, stream: Stream = None) -> None:
    """Handle the events that were set aside once more, and let halted streams go on from the event that failed."""

    async def act(connection: Connection) -> int:
        return await operating.retry(connection, name, stream)

    typer.echo(f"{_run(act)} events and halted streams are to be retried by the running server")


@commands.command()
def skip(name: Name, stream: Annotated[UUID, typer.Argument(help="the halted stream")]) -> None:
    """Set the event at which a stream halted aside, and let the stream go on."""

    async def act(connection: Connection) -> int:
        return await operating.skip_event(connection, name, stream)

    skipped = _run(act)
    typer.echo("the event is set aside" if skipped else "that stream is not halted")
    raise typer.Exit(0 if skipped else 1)


@commands.command()
def reset(
    name: Name,
    to: Annotated[str, typer.Option(help="`head`: the present heads; `first`: the first events of the log")] = "first",
    stream: Stream = None,
) -> None:
    """Move the cursors of a subscriber: it handles the events after them again, or leaves those before them out."""
    if to not in ("head", "first"):
        raise typer.BadParameter("head or first")

    async def act(connection: Connection) -> int:
        return await operating.reset(connection, name, stream, to_head=to == "head")

    typer.echo(f"{_run(act)} cursors are moved")


def _run(act: operating.Action) -> int:
    async def run(database: Database) -> int:
        async with database.connection() as connection:
            return await act(connection)

    return run_on_database(load_settings().db, run)
