"""`python -m tests.performance`: measures the server and others to compare it with, in one run."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app.settings import PROJECT_ROOT
from tests.performance.measure import Pace, measure
from tests.performance.picture import draw
from tests.performance.report import as_json, machine, show, write_json
from tests.performance.scenario import all_scenarios
from tests.performance.world import World

_QUICK = Pace(rounds=1, seconds=0.5, warm_up=0.2)
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def bench(
    quick: Annotated[bool, typer.Option(help="One short round and a smaller history: under a minute.")] = False,
    peers: Annotated[bool, typer.Option(help="Install ejabberd and Synapse into .data, and measure them too.")] = False,
    worker: Annotated[bool, typer.Option(help="Run subscribers and jobs in a process of their own.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Name of a scenario; may be given more than once.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[float, typer.Option(min=0.5, help="Seconds per contender and round.")] = 3.0,
    output: Annotated[Path, typer.Option(help="Folder for JSON and pictures.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure, print a table and the ratios, write JSON and a picture."""
    console = Console()
    known = list(all_scenarios(peers=peers))
    scenarios = [scenario for scenario in known if not only or scenario.name in only]
    if not scenarios:
        raise typer.BadParameter(f"must be one of: {', '.join(scenario.name for scenario in known)}")
    pace = _QUICK if quick else Pace(rounds, seconds)
    where = machine()
    columns = (TextColumn("{task.description:<60}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    # It is drawn between measurements only: drawing would take CPU from them.
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        task = progress.add_task("starting the server", total=1.0)
        progress.refresh()

        def report_progress(what: str, share: float) -> None:
            progress.update(task, description=what, completed=share, refresh=True)

        with World(quick=quick, listens=peers, has_worker=worker) as world:
            measured = measure(world, scenarios, pace, report_progress)
    show(console, measured)
    data = as_json(measured, pace, where)
    name = "bench_worker" if worker else "bench"
    write_json(data, output / f"{name}.json")
    if not worker:
        draw(data, output / name)
    console.print(f"Written to {output}")


if __name__ == "__main__":
    cli()
