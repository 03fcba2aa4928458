"""`python manage.py subscribers ...`"""

from typing import Annotated
from uuid import UUID

import typer

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.long_statements import connected_for_long
from app.adapters.db.run import run_on_database
from app.modules.streams_module.services.subscribers import operating
from app.modules.streams_module.services.subscribers.inspecting import names_of
from app.settings import load_settings
from app.utils.module import Modules
from app.utils.setup_modules import discover_modules, enabled_modules

commands = typer.Typer(
    no_args_is_help=True,
    name="subscribers",
    help="List subscribers of the event log, retry and skip events, reset and delete cursors.",
)

Name = Annotated[str, typer.Argument(help="name of the subscriber, as `list` shows it")]
Stream = Annotated[UUID | None, typer.Option(help="only this stream, by the id of its chat or account")]


@commands.command("list")
def list_all() -> None:
    """List the subscribers with their lag, their halted streams and the first 100 events that each could not handle."""

    async def run(database: Database) -> tuple[list[operating.SubscriberStatus], list[operating.Failure]]:
        async with connected_for_long(database) as connection:
            return await operating.list_subscribers(connection), await operating.list_failures(connection)

    settings = load_settings()
    subscribers, failures = run_on_database(settings.db, run)
    served = names_of(enabled_modules(settings.modules.enabled_modules))
    for subscriber in subscribers:
        state = "" if subscriber.is_registered else ", not registered yet"
        state += "" if subscriber.name in served else ", no enabled module has it"
        typer.echo(
            f"{subscriber.name}: {subscriber.events_behind} events, {subscriber.seconds_behind:.0f} s behind "
            f"in {subscriber.streams_behind} streams, {subscriber.streams_halted} streams halted, "
            f"{subscriber.failures} events set aside{state}"
        )
    for failure in failures:
        again = ", will be retried" if failure.is_due else ""
        typer.echo(f"  {failure.subscriber}: stream {failure.stream_id} event {failure.seq}: {failure.error}{again}")


@commands.command()
def retry(name: Name, stream: Stream = None) -> None:
    """Handle the events that were set aside again, and resume halted streams at the event that failed."""

    async def act(connection: Connection) -> int:
        return await operating.retry(connection, name, stream)

    typer.echo(f"{_run(name, act)} events and halted streams will be retried by the running server")


@commands.command()
def skip(
    name: Name,
    stream: Annotated[UUID, typer.Argument(help="id of the stream")],
    seq: Annotated[int | None, typer.Option(help="only the event of this number")] = None,
) -> None:
    """Leave out the event at which a stream has halted and those that were set aside, and resume the stream."""

    async def act(connection: Connection) -> list[int]:
        return await operating.skip_events(connection, name, stream, seq)

    skipped = ", ".join(map(str, _run(name, act)))
    typer.echo(f"skipped events: {skipped}" if skipped else "the stream is not halted, and no such event is set aside")
    raise typer.Exit(0 if skipped else 1)


@commands.command()
def forget(name: Name) -> None:
    """Delete the cursors and failures of a subscriber whose module was removed."""
    if name in names_of(Modules(discover_modules().values())):
        raise typer.BadParameter(f"a module has the subscriber {name!r}")

    async def act(connection: Connection) -> None:
        await operating.forget(connection, name)

    _run(name, act)
    typer.echo(f"the subscriber {name} is deleted")


@commands.command()
def reset(
    name: Name,
    to: Annotated[
        str, typer.Option(help="`head`: the current heads of the streams; `first`: the oldest stored events")
    ] = "first",
    stream: Stream = None,
) -> None:
    """Move the cursors of a subscriber back, to handle events again, or forward, to leave events out."""
    if to not in ("head", "first"):
        raise typer.BadParameter("must be head or first")

    async def act(connection: Connection) -> int:
        return await operating.reset(connection, name, stream, to_head=to == "head")

    typer.echo(f"{_run(name, act)} cursors were moved")


def _run(name: str, act: operating.Action[operating.Result]) -> operating.Result:
    """Returns the result of `act`. Refuses a name that no subscriber has: it may be misspelled."""

    async def run(database: Database) -> operating.Result:
        async with connected_for_long(database) as connection:
            known = await operating.list_names(connection)
            if name not in known:
                raise typer.BadParameter(f"there is no subscriber {name!r}; known: {', '.join(known)}")
            return await act(connection)

    return run_on_database(load_settings().db, run)
