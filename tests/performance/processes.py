"""`python -m tests.performance.processes`: what a send costs with one, two and four processes on one machine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import cycle, product
from os import getloadavg
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Annotated, NamedTuple

import psutil
import typer
from rich.console import Console
from rich.table import Table

from app.settings import PROJECT_ROOT
from tests.performance.load import http, websocket
from tests.performance.outcome import Outcome
from tests.performance.report import machine, write_json
from tests.performance.usage import cpu_seconds
from tests.performance.world import API, User, World

_CONNECTIONS = 64
_MEMBERS = 4
"""Fewest members of a chat. With eight chats each connection still has one to write to."""
_IN_FLIGHT = 8
"""Sends in flight on each WebSocket. Over REST it is one."""
_WARM_UP = 0.7
_IDLE_SECONDS = 2.0
_IDLE = 0.04
"""Cores that each process uses at most when it has nothing to do, with its part of the database."""
_COUNTED = (
    "send_batch_size_sum*",
    "send_batch_size_count*",
    'sends_delegated_total{outcome="answered"}*',
)
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Run = Callable[[float], Outcome]


class Case(NamedTuple):
    """What is measured with each number of processes."""

    transport: str
    chats: int
    processes: int


@cli.command()
def processes(
    starts: Annotated[int, typer.Option(min=1, help="How often the servers are started anew.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each case after each start.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.5)] = 2.0,
    chats: Annotated[list[int] | None, typer.Option(help="Chats over which the sends are spread.")] = None,
    count: Annotated[list[int] | None, typer.Option(help="Numbers of processes.")] = None,
    transport: Annotated[list[str] | None, typer.Option(help="rest or websocket")] = None,
    delegation: Annotated[bool, typer.Option(help="The setting SEND_DELEGATION.")] = True,
    background: Annotated[bool, typer.Option(help="The setting API_BACKGROUND: whether subscribers run.")] = True,
    output: Annotated[Path, typer.Option(help="Folder for the JSON.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure with each number of processes, print a table, write JSON. The servers run at once, each with a database
    of its own, and are measured alternately, so that other work on the machine meets all of them.
    """
    console = Console()
    where = machine()
    sizes, counts = chats or [8, 200, 1_000], count or [1, 2, 4]
    points: dict[Case, list[dict[str, float]]] = {}
    more = {"SEND_DELEGATION": str(delegation).lower(), "API_BACKGROUND": str(background).lower()}
    with ExitStack() as stack:
        worlds = {workers: stack.enter_context(_world(workers)) for workers in counts}
        spreads = {workers: _Spread(world, sizes) for workers, world in worlds.items()}
        for number in range(starts):
            for workers, world in worlds.items():
                world.start_messenger(workers, more=more)
                _wait_until_idle(world, workers)
            for name, size in product(transport or ("rest", "websocket"), sizes):
                for place in range(rounds):
                    for workers in counts[:: -1 if place % 2 else 1]:
                        point = spreads[workers].measure(name, size, seconds, workers)
                        points.setdefault(Case(name, size, workers), []).append(point)
                        texts = [f"{key} {value:,.1f}" for key, value in point.items()]
                        console.print(number, name, size, workers, *texts)
    for case, found in points.items():
        fewest = points[case._replace(processes=counts[0])]
        for point, base in zip(found, fewest, strict=True):
            point["of_fewest"] = point["cpu_us"] / base["cpu_us"]
    medians = {case: {key: median(point[key] for point in found) for key in found[0]} for case, found in points.items()}
    _show(console, medians)
    data = {
        "machine": where,
        "delegation": delegation,
        "background": background,
        "starts": starts,
        "rounds": rounds,
        "seconds": seconds,
        "points": [case._asdict() | figures for case, figures in medians.items()],
    }
    write_json(data, output / "processes.json")


def _world(workers: int) -> World:
    return World(quick=True, workers=workers, data=PROJECT_ROOT / ".data" / f"bench-processes-{workers}")


class _Spread:
    """Users of a server, and chats over which their sends are spread."""

    def __init__(self, world: World, sizes: Sequence[int]) -> None:
        self._world = world
        self._users = [world.sign_up() for _ in range(_CONNECTIONS)]
        self._chats_of = {size: _open_chats(world, self._users, size) for size in sizes}
        world.psql(world.database, "ANALYZE")

    def measure(self, transport: str, size: int, seconds: float, workers: int) -> dict[str, float]:
        with _RUNS[transport](self._world, self._users, self._chats_of[size]) as run:
            return _measure(self._world, run, seconds, workers)


def _wait_until_idle(world: World, workers: int) -> Mapping[str, float]:
    """Waits until all workers have started, and all subscribers have handled what was sent.

    Returns what the processes use at rest, in cores: while other work makes sends slow, it would be a large part of
    what a send seems to cost.
    """
    groups = _groups(world)
    while True:
        before = {name: cpu_seconds(group()) for name, group in groups.items()}
        sleep(_IDLE_SECONDS)
        idle = {name: (cpu_seconds(group()) - before[name]) / _IDLE_SECONDS for name, group in groups.items()}
        if sum(idle.values()) < _IDLE * workers:
            return idle


def _groups(world: World) -> Mapping[str, Callable[[], list[psutil.Process]]]:
    return {"server": world.messenger.family, "database": world.postgres_processes}


def _open_chats(world: World, users: Sequence[User], size: int) -> list[list[str]]:
    """Opens chats and returns for each user those that it is a member of, in an order of its own."""
    members = max(_MEMBERS, len(users) // size)
    chats_of: list[list[str]] = [[] for _ in users]
    for number in range(size):
        places = [(number * members + place) % len(users) for place in range(members)]
        chat = world.open_chat(*(users[place] for place in places))
        for place in places:
            chats_of[place].insert(place * 7 % (len(chats_of[place]) + 1), chat)
    return chats_of


@contextmanager
def _rest(world: World, users: Sequence[User], chats_of: Sequence[Sequence[str]]) -> Iterator[Run]:
    address = world.messenger.address

    def make(user: User, chats: Sequence[str]) -> http.MakeRequest:
        posts = cycle([http.post_messages(address, f"{API}/chats/{chat}/messages", user.token) for chat in chats])
        return lambda: next(posts)()

    makers = [make(user, chats) for user, chats in zip(users, chats_of, strict=True)]
    yield lambda seconds: http.run(address, makers, seconds)


@contextmanager
def _websocket(world: World, users: Sequence[User], chats_of: Sequence[Sequence[str]]) -> Iterator[Run]:
    def make(chats: Sequence[str]) -> websocket.MakeFrame:
        frames = cycle([websocket.send_frames(chat) for chat in chats])
        return lambda: next(frames)()

    clients = [(world.socket(user), make(chats)) for user, chats in zip(users, chats_of, strict=True)]
    try:
        yield lambda seconds: websocket.run_sends(clients, _IN_FLIGHT, seconds, wait_for_events=False)
    finally:
        for client, _ in clients:
            client.close()


_RUNS = {"rest": _rest, "websocket": _websocket}


def _measure(world: World, run: Run, seconds: float, workers: int) -> dict[str, float]:
    """Returns sends/s, the CPU time of a send in microseconds, the mean batch, and the share of delegated sends.

    The CPU time includes what subscribers do later, and no idle time.
    """
    run(_WARM_UP)
    _wait_until_idle(world, workers)
    groups = _groups(world)
    before = {name: cpu_seconds(group()) for name, group in groups.items()}
    counted, began = _read_metrics(world), perf_counter()
    outcome = run(seconds)
    at_once = {name: cpu_seconds(group()) - before[name] for name, group in groups.items()}
    lasted = perf_counter() - began
    idle = _wait_until_idle(world, workers)
    after, took = _read_metrics(world), perf_counter() - began
    used = {name: cpu_seconds(group()) - before[name] for name, group in groups.items()}
    sent, batches, delegated = (_sum_of(after, name) - _sum_of(counted, name) for name in _COUNTED)
    cost = {name: (used[name] - idle[name] * took) / sent * 1e6 for name in groups}
    return {
        "sends": outcome.rate,
        "cpu_us": sum(cost.values()),
        "server_us": cost["server"],
        "database_us": cost["database"],
        "at_once_us": sum(at_once[name] - idle[name] * lasted for name in groups) / sent * 1e6,
        "batch": sent / batches,
        "delegated": delegated / sent,
        "load": getloadavg()[0],
    }


def _sum_of(values: Mapping[str, float], name: str) -> float:
    """Returns the sum over the series that begin with what is before the `*` and contain what is after it."""
    begin, _, end = name.partition("*")
    return sum(value for series, value in values.items() if series.startswith(begin) and end in series)


def _read_metrics(world: World) -> Mapping[str, float]:
    connection = HTTPConnection(*world.messenger.address, timeout=http.TIMEOUT)
    try:
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    finally:
        connection.close()
    pairs = (line.removeprefix("messenger_").rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def _show(console: Console, medians: Mapping[Case, Mapping[str, float]]) -> None:
    columns = ("sends/s", "CPU µs", "of one", "server", "DB", "at once", "batch", "delegated")
    table = Table("transport", "chats", "processes", *columns)
    for case, point in sorted(medians.items()):
        texts = [f"{point['sends']:,.0f}", f"{point['cpu_us']:,.0f}", f"{point['of_fewest']:.2f}"]
        texts += [f"{point[name]:,.0f}" for name in ("server_us", "database_us", "at_once_us")]
        table.add_row(
            case.transport,
            str(case.chats),
            str(case.processes),
            *texts,
            f"{point['batch']:.1f}",
            f"{point['delegated']:.0%}",
        )
    console.print(table)


if __name__ == "__main__":
    cli()
