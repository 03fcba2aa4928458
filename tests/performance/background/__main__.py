"""`python -m tests.performance.background`: the cost of subscribers, and how fast one catches up."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from app.settings import PROJECT_ROOT
from tests.performance import fill
from tests.performance.live.figure import Figure
from tests.performance.load import websocket
from tests.performance.report import machine, report_figures
from tests.performance.world import World
from tests.processes import copy_project

_MODULES = Path(__file__).parent / "modules"
_CHATS = 100
_IN_FLIGHT = 20
_SETTLES = 1.0
_IDLE_SECONDS = 60.0
_STREAMS = 100_000
_NOTED = "CREATE TABLE bench_noted (stream_id uuid, seq bigint, text text, PRIMARY KEY (stream_id, seq))"
_FILL_STREAMS = """
WITH new AS (
    INSERT INTO stream (id, last_seq) SELECT gen_random_uuid(), 1 FROM generate_series(1, $1::int) RETURNING id
), said AS (
    INSERT INTO event (stream_id, seq, kind, data, at) SELECT id, 1, 'message.created', '{}', now() FROM new
)
INSERT INTO subscriber_cursor (stream_id, subscriber, seq) SELECT new.id, s.name, 1 FROM new, subscriber s
"""
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def background(
    events: Annotated[int, typer.Option(min=_CHATS, help="Events of the backlog.")] = 1_000_000,
    pairs: Annotated[int, typer.Option(min=3, help="Pairs of runs without and with subscribers.")] = 10,
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each run.")] = 3.0,
    output: Annotated[Path, typer.Option(help="Where the JSON goes.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure, print a table, write JSON."""
    where = machine()
    figures = [*catch_up(events), *idle(pairs, seconds)]
    report_figures(where, figures, output / "background.json")


@contextmanager
def _project(name: str) -> Iterator[Path]:
    """Yields a copy of the project that has one of the modules beside this file."""
    folder = PROJECT_ROOT / ".data" / f"bench-{name}-project"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    project = copy_project(folder)
    shutil.copytree(_MODULES / f"{name}_module", project / "app" / "modules" / f"{name}_module")
    try:
        yield project
    finally:
        shutil.rmtree(folder)


def catch_up(events: int) -> list[Figure]:
    """Measures one process with a subscriber that inserts a row per event, and a backlog in a hundred chats."""
    with _project("noting") as project, World(quick=True) as world:
        chats = [world.open_chat(world.users[0]) for _ in range(_CHATS)]
        for chat in chats:
            asyncio.run(fill.fill_messages(world.database, chat, world.users[0].id, events // _CHATS))
        world.psql(world.database, _NOTED)
        world.start_messenger(1, project)
        took, noted = asyncio.run(_until_noted(world, events // _CHATS * _CHATS))
    # As the time for a thousand events: less is better, as with the other figures.
    return [
        Figure(f"a backlog of {noted:,} events: 1,000 events, a row each", took / noted * 1e6, "ms", 200),
        Figure("the same in events a second", noted / took, ""),
    ]


async def _until_noted(world: World, events: int) -> tuple[float, int]:
    """Returns the seconds from the first row to the last, and the number of rows."""
    connection = await fill.connect(world.database)
    rows = "SELECT sum(seq) FROM subscriber_cursor WHERE subscriber = 'noting'"
    try:
        while not await connection.fetchval("SELECT EXISTS (SELECT FROM bench_noted)"):  # noqa: ASYNC110 - there is no notification
            await asyncio.sleep(0.01)
        began = time.perf_counter()
        while (await connection.fetchval(rows) or 0) < events:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return time.perf_counter() - began, await connection.fetchval("SELECT count(*) FROM bench_noted")
    finally:
        await connection.close()


def idle(pairs: int, seconds: float) -> list[Figure]:
    """Measures CPU per send, without subscribers and with five that match no event; and CPU at rest."""
    data = PROJECT_ROOT / ".data"
    with (
        _project("idle") as project,
        World(quick=True, data=data / "bench") as without,
        World(quick=True, data=data / "bench-idle", project=project) as with_five,
    ):
        worlds = (without, with_five)
        clients = {
            id(world): [(world.socket(user), websocket.send_frames(chat)) for user, chat in world.alone]
            for world in worlds
        }

        def cost(world: World, length: float) -> float:
            """Returns microseconds per send."""
            before = world.cpu_seconds()
            sent = websocket.run_sends(clients[id(world)], _IN_FLIGHT, length, wait_for_events=True).count
            time.sleep(_SETTLES)
            return (world.cpu_seconds() - before) / sent * 1e6

        for world in worlds:
            cost(world, 1.0)
        more = []
        for number in range(pairs):
            # The order alternates, so that neither always comes second.
            costs = {id(world): cost(world, seconds) for world in worlds[:: -1 if number % 2 else 1]}
            more.append((costs[id(with_five)] / costs[id(without)] - 1) * 100)
        for sockets in clients.values():
            for client, _ in sockets:
                client.close()
        for world in worlds:
            asyncio.run(_fill_streams(world))
        time.sleep(_SETTLES * 10)
        began = {id(world): world.cpu_seconds() for world in worlds}
        time.sleep(_IDLE_SECONDS)
        rest = [(world.cpu_seconds() - began[id(world)]) / _IDLE_SECONDS * 100 for world in worlds]
    more.sort()
    return [
        Figure(f"what five idle subscribers add to the CPU of a send, median of {pairs} pairs", median(more), "%", 3),
        Figure("the second lowest of the pairs", more[1], "%"),
        Figure("the second highest of the pairs", more[-2], "%"),
        Figure(f"{_STREAMS:,} idle streams, five subscribers, at rest: more than without, of a core",
               rest[1] - rest[0], "%", 1),
        Figure("the server without subscribers at rest, of a core", rest[0], "%"),
    ]  # fmt: skip


async def _fill_streams(world: World) -> None:
    connection = await fill.connect(world.database)
    try:
        await connection.execute(_FILL_STREAMS, _STREAMS)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


if __name__ == "__main__":
    cli()
