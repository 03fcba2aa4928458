"""`python -m tests.faults`: injects faults under load and checks the guarantees of docs/reliability.md."""

import asyncio
import shutil
from pathlib import Path
from random import SystemRandom
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.settings import PROJECT_ROOT
from app.settings.db_settings import Pooler
from app.settings.streams_settings import BusDriver
from tests.adapters.embedded.support import open_folder
from tests.faults.fault import all_faults
from tests.faults.load.workload import Size
from tests.faults.report import as_json, show, write_json, write_markdown
from tests.faults.run import Plan, run
from tests.faults.scene.cluster import Surroundings
from tests.processes import end_as_by_ctrl_c

LONG = Size(clients=200, chats=50, members=8, hot_members=40)
SHORT = Size(clients=40, chats=12, members=5, hot_members=20)
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def faults(
    short: Annotated[bool, typer.Option("--short", help="Each quick fault once, for the gate.")] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the random choices; a random seed if omitted.")] = None,
    messages: Annotated[int | None, typer.Option(min=0, help="Run until this many messages are acknowledged.")] = None,
    rate: Annotated[float | None, typer.Option(min=1, help="Messages per second in total.")] = None,
    servers: Annotated[int | None, typer.Option(min=1, max=4)] = None,
    only: Annotated[list[str] | None, typer.Option(help="Name of a fault; may be given more than once.")] = None,
    bus: Annotated[BusDriver, typer.Option(help="What connects the servers: postgres or nats.")] = BusDriver.POSTGRES,
    pooler: Annotated[Pooler, typer.Option(help="Mode of a PgBouncer before the database.")] = Pooler.NONE,
    replica: Annotated[bool, typer.Option("--replica", help="The servers read from a replica, too.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Each fault once, at its full length.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep history, logs and database of a run without violations too.")
    ] = False,
    output: Annotated[Path, typer.Option(help="Folder for JSON and the table.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Exit with status 1 if a guarantee is violated."""
    end_as_by_ctrl_c()
    console = Console(highlight=False, soft_wrap=True)
    if bus is BusDriver.MEMORY:
        raise typer.BadParameter("memory connects no servers")
    if pooler is Pooler.TRANSACTION and bus is BusDriver.POSTGRES:
        raise typer.BadParameter("the bus of PostgreSQL needs a pooler in session mode")
    known = [
        fault
        for fault in all_faults()
        if (fault.in_short or not short) and fault.bus in (None, bus) and (replica or not fault.acts_on_replica)
    ]
    if unknown := set(only or ()) - {fault.name for fault in known}:
        raise typer.BadParameter(f"{', '.join(unknown)}; there are: {', '.join(fault.name for fault in known)}")
    chosen = [fault for fault in known if not only or fault.name in only]
    plan = Plan(
        folder=open_folder(),
        faults=chosen,
        size=SHORT if short else LONG,
        servers=servers or (2 if short else 3),
        uploaders=2 if short else 4,
        rate=rate or (60 if short else 250),
        messages=messages if messages is not None else (1_000 if short else 200_000),
        seed=seed if seed is not None else SystemRandom().randrange(1_000_000),
        times=1 if short or once else None,
        is_short=short,
        surroundings=Surroundings(bus, pooler, has_replica=replica),
    )
    console.print(f"seed {plan.seed}, in {plan.folder}")
    columns = (TextColumn("{task.description:<40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        acknowledged = progress.add_task("messages", total=plan.messages)
        done = progress.add_task("faults", total=len(plan.schedule()))

        def report_progress(what: str, messages: int, faults: int) -> None:
            progress.update(acknowledged, completed=messages)
            progress.update(done, completed=faults, description=what, refresh=True)

        outcome = asyncio.run(run(plan, report_progress))
    data = as_json(plan, outcome)
    show(console, data)
    output.mkdir(parents=True, exist_ok=True)
    write_json(data, output / "faults.json")
    write_markdown(data, output / "faults.md")
    if outcome.verdict.violations:
        console.print(f"history, logs and database contents: {plan.folder}")
        raise typer.Exit(1)
    if not keep:
        shutil.rmtree(plan.folder)


if __name__ == "__main__":
    cli()
