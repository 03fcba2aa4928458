"""`python -m tests.performance.search_sends`: what a search index that is written by another process costs the sends.

Two servers, each with a database of its own, take the same number of sends a second. One of them has a worker, which
writes the index. Rounds alternate, so that other work on the machine meets both.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated

import asyncpg
import typer

from app.settings import PROJECT_ROOT
from tests.performance.live.figure import Figure
from tests.performance.load.paced import send_paced
from tests.performance.outcome import percentile
from tests.performance.report import machine, report_figures
from tests.performance.search import Texts
from tests.performance.servers import worker
from tests.performance.usage import cpu_nanoseconds
from tests.performance.world import World

_SETTLES = 2.0
_MORE = {"API_BACKGROUND": "false"}
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def search_sends(
    pairs: Annotated[int, typer.Option(min=3, help="Pairs of rounds without and with the index.")] = 10,
    rate: Annotated[int, typer.Option(min=16, help="Sends a second.")] = 500,
    seconds: Annotated[float, typer.Option(min=1.0, help="Of each round.")] = 10.0,
    output: Annotated[Path, typer.Option(help="Where the JSON goes.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure, print a table and write JSON."""
    where, texts = machine(), Texts(Random(18)).text
    with _worlds() as (without, indexed):
        latencies: dict[int, list[float]] = {id(without): [], id(indexed): []}
        costs: dict[int, list[float]] = {id(without): [], id(indexed): []}
        for world in (without, indexed):
            asyncio.run(send_paced(world, texts, rate, _SETTLES))
        for number in range(pairs):
            for world in (without, indexed)[:: -1 if number % 2 else 1]:
                before = cpu_nanoseconds(world.messenger.family())
                took = asyncio.run(send_paced(world, texts, rate, seconds))
                costs[id(world)].append((cpu_nanoseconds(world.messenger.family()) - before) / len(took) / 1000)
                latencies[id(world)] += took
        lag = asyncio.run(_lag(indexed))
    more = sorted(
        (with_index / alone - 1) * 100 for with_index, alone in zip(costs[id(indexed)], costs[id(without)], strict=True)
    )
    alone, beside = (sorted(latencies[id(world)]) for world in (without, indexed))
    slower = percentile(beside, 0.999) / percentile(alone, 0.999)
    figures = [
        Figure(f"what the index adds to the CPU of a send, median of {pairs} pairs", median(more), "%", 3),
        Figure("the lowest of the pairs", more[0], "%"),
        Figure("the highest of the pairs", more[-1], "%"),
        Figure("CPU of a send without the index, median", median(costs[id(without)]), "µs"),
        *(Figure(f"a send without the index, p{share * 100:g}", percentile(alone, share) * 1000, "ms")
          for share in (0.5, 0.99, 0.999)),
        *(Figure(f"a send with the index, p{share * 100:g}", percentile(beside, share) * 1000, "ms")
          for share in (0.5, 0.99, 0.999)),
        Figure("p99.9 with the index, of that without", slower, "×", 2),
        Figure("events that the index is behind at the end", lag, ""),
    ]  # fmt: skip
    report_figures(where, figures, output / "search_sends.json")


@contextmanager
def _worlds() -> Iterator[tuple[World, World]]:
    data = PROJECT_ROOT / ".data"
    with ExitStack() as stack:
        worlds = [stack.enter_context(World(quick=True, data=data / name)) for name in ("bench", "bench-indexed")]
        for world in worlds:
            world.start_messenger(1, more=_MORE)
            assert world.alone
        stack.enter_context(worker(worlds[1].database, data / "bench-worker.log"))
        yield worlds[0], worlds[1]


async def _lag(world: World) -> int:
    """Returns the number of messages that are not in the index after a moment."""
    await asyncio.sleep(_SETTLES)
    connection = await asyncpg.connect(**world.database.connect_arguments())
    try:
        return int(
            await connection.fetchval("SELECT (SELECT count(*) FROM message) - (SELECT count(*) FROM search_message)")
        )
    finally:
        await connection.close()


if __name__ == "__main__":
    cli()
