"""`python -m tests.performance.growth`: the same load with more messages in the database, and by more processes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.settings import PROJECT_ROOT
from tests.performance import fill
from tests.performance.load import http, websocket
from tests.performance.picture import draw_growth
from tests.performance.report import machine, write_json
from tests.performance.scenarios.history import pages
from tests.performance.scenarios.send_rest import sends
from tests.performance.usage import memory
from tests.performance.world import API, World

_SIZES = (10_000, 100_000, 1_000_000)
_WORKERS = (1, 2, 4)
_AT_ONCE = 5.0
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def growth(
    quick: Annotated[bool, typer.Option(help="Fewer messages and processes.")] = False,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    seconds: Annotated[float, typer.Option(min=0.5)] = 2.0,
    sends_to_remember: Annotated[
        int, typer.Option("--memory", help="Measure only memory after this many sends; 1000000 takes minutes.")
    ] = 0,
    output: Annotated[Path, typer.Option(help="Folder for JSON and pictures.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure, print a table, write JSON and a picture."""
    console = Console()
    if sends_to_remember:
        with World(quick=quick) as world:
            points = list(_remember(console, world, sends_to_remember))
        write_json({"points": points}, output / "memory.json")
        return
    sizes, workers = (_SIZES[:2], _WORKERS[:2]) if quick else (_SIZES, _WORKERS)
    where = machine()
    points = []
    with World(quick=quick) as world:
        chat = world.open_chat(world.users[0])
        cases = [(size, count) for size in sizes for count in workers]
        for size, count in track(cases, console=console, description="growing"):
            asyncio.run(fill.fill_messages(world.database, chat, world.users[0].id, size))
            world.start_messenger(count)
            points.append({"messages": size, "processes": count, **_measure(world, chat, size, rounds, seconds)})
    table = Table("messages", "processes", "sends/s", "p50 ms", "histories/s", "p50 ms")
    for point in points:
        table.add_row(
            f"{point['messages']:,}",
            str(point["processes"]),
            *(f"{point[name]:,.1f}" for name in ("sends", "send_p50_ms", "histories", "history_p50_ms")),
        )
    console.print(table)
    data = {"machine": where, "rounds": rounds, "seconds": seconds, "points": points}
    write_json(data, output / "growth.json")
    draw_growth(data, output / "growth")


def _measure(world: World, chat: str, size: int, rounds: int, seconds: float) -> dict[str, Any]:
    address, anna = world.messenger.address, world.users[0]
    sending = sends(world, 64)
    reading = pages(address, f"{API}/chats/{chat}/messages", anna.token, size)
    for makers in (sending, reading):
        http.run(address, makers, 1.0)
    sent, read = [], []
    for _ in range(rounds):
        sent.append(http.run(address, sending, seconds))
        read.append(http.run(address, reading, seconds))
    return {
        "sends": median(outcome.rate for outcome in sent),
        "send_p50_ms": median(median(outcome.latencies) for outcome in sent) * 1000,
        "histories": median(outcome.rate for outcome in read),
        "history_p50_ms": median(median(outcome.latencies) for outcome in read) * 1000,
    }


def _remember(console: Console, world: World, count: int) -> Iterator[dict[str, float]]:
    """Measures memory at each power of ten. Sends go over sockets: the fastest way, and the one that caches most."""
    clients = [(world.socket(user), websocket.send_frames(chat)) for user, chat in world.alone]
    done, next_reported = 0, 0
    while True:
        if done >= next_reported:
            megabytes = memory(world.messenger.family()) / 1e6
            console.print(f"{done:>9,} sends: {megabytes:.0f} MB")
            yield {"sends": done, "memory_mb": megabytes}
            next_reported = max(10_000, next_reported * 10)
        if done >= count:
            break
        done += websocket.run_sends(clients, 20, _AT_ONCE, wait_for_events=True).count


if __name__ == "__main__":
    cli()
