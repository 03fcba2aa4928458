"""`python -m tests.performance.live`: the cost of live connections, and the effect of one on the others."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from app.settings import PROJECT_ROOT
from tests.performance.live import across, bus_outage, idle, replay, slow_readers
from tests.performance.live.figure import Figure
from tests.performance.report import machine, report_figures
from tests.performance.world import World

_PARTS: Mapping[str, Callable[[World], Sequence[Figure]]] = {
    "across": across.measure,
    "bus_outage": bus_outage.measure,
    "nats-outage": bus_outage.measure_nats,
    "slow-readers": slow_readers.measure,
    "catching-up": replay.measure,
    "idle": idle.measure,
    "many-idle": idle.measure_many,
}
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def live(
    only: Annotated[list[str] | None, typer.Option(help="Name of a part; may be given more than once.")] = None,
    output: Annotated[Path, typer.Option(help="Folder for the JSON.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure, print a table, write JSON."""
    console = Console()
    parts = {name: measure for name, measure in _PARTS.items() if not only or name in only}
    if not parts:
        raise typer.BadParameter(f"must be one of: {', '.join(_PARTS)}")
    where = machine()
    figures: list[Figure] = []
    for measure in track(list(parts.values()), console=console, description="measuring"):
        # Each part has a server of its own: memory of an earlier part would hide what this one takes.
        with World(quick=True) as world:
            figures += measure(world)
    report_figures(where, figures, output / "live.json")


if __name__ == "__main__":
    cli()
