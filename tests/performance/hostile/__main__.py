"""`python -m tests.performance.hostile`: what one connection without an account costs all other clients."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.settings import PROJECT_ROOT, SettingsGroup
from app.settings.limits_settings import LimitsSettings
from app.utils.own_settings import own_groups
from app.utils.setup_modules import discover_modules
from tests.performance.hostile.attack import attack
from tests.performance.hostile.inputs import Input, all_inputs
from tests.performance.load.http import Address
from tests.performance.outcome import percentile
from tests.performance.report import machine, write_json
from tests.performance.servers import RATES, messenger

_MAX_ADDED_MS = 100.0
_PAUSE = 0.01
"""Seconds between two requests."""
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """How long `/healthcheck` took, in milliseconds."""

    name: str
    p50: float
    p99: float
    longest: float


@cli.command()
def hostile(
    only: Annotated[
        list[str] | None, typer.Option(help="Part of an input's name; may be given more than once.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="Seconds per input.")] = 5.0,
    output: Annotated[Path, typer.Option(help="Folder for the JSON.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure, print a table, write JSON. The rate limits are the default ones."""
    console = Console()
    inputs = [
        attack_input for attack_input in all_inputs() if not only or any(part in attack_input.name for part in only)
    ]
    if not inputs:
        raise typer.BadParameter("no such input")
    groups: list[type[SettingsGroup]] = [LimitsSettings, *own_groups(discover_modules().values())]
    rates = {
        variable.name: str(variable.field.default)
        for group in groups
        for variable in group.variables()
        if variable.name.removeprefix("RATE_LIMIT_") in RATES
    }
    where = machine()
    waits: list[Wait] = []
    with messenger(PROJECT_ROOT / ".data" / "hostile", more=rates) as server:
        _ask(server.address, 1.0, "warming up")
        idle = _ask(server.address, 2 * seconds, "idle")
        for attack_input in track(inputs, console=console, description="measuring"):
            with _attacked(server.address, attack_input):
                waits.append(_ask(server.address, seconds, attack_input.name))
            # Effects of one input must not be counted for the next one.
            time.sleep(1)
    table = Table("input", "p50, ms", "p99, ms", "longest, ms", "")
    for wait in (idle, *waits):
        verdict = "" if wait is idle else "met" if wait.longest - idle.longest <= _MAX_ADDED_MS else "missed"
        table.add_row(wait.name, f"{wait.p50:.1f}", f"{wait.p99:.1f}", f"{wait.longest:.1f}", verdict)
    console.print(table)
    write_json({"machine": where, "waits": [asdict(wait) for wait in (idle, *waits)]}, output / "hostile.json")


@contextmanager
def _attacked(address: Address, attack_input: Input) -> Iterator[None]:
    process = multiprocessing.Process(target=attack, args=(*address, attack_input), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _ask(address: Address, seconds: float, name: str) -> Wait:
    """Sends one request after the other, on one connection."""
    taken: list[float] = []
    connection = HTTPConnection(*address, timeout=60)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        connection.request("GET", "/healthcheck")
        connection.getresponse().read()
        taken.append((time.perf_counter() - began) * 1000)
        time.sleep(_PAUSE)
    connection.close()
    taken.sort()
    return Wait(name, percentile(taken, 0.5), percentile(taken, 0.99), taken[-1])


if __name__ == "__main__":
    cli()
