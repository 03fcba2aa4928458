"""`python -m tests.performance.against [BASE] [--without MODULE] [--worker]`: what calls cost beside another version.

Or with this version without some of its modules. Both run at once, each on a database of its own. Rounds alternate
between them, so that other work on the machine meets both. Passwords are hashed at the same cost on both sides: at the
default, as people meet it, and at a low one, which shows what is around the hashing. With `--worker` subscribers and
jobs of this version run in a process of their own, whose CPU is not counted, nor that of its connections.
"""

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, TypeAlias

import typer

from app.settings import PROJECT_ROOT
from app.settings.auth_settings import AuthSettings
from tests.performance import fill
from tests.performance.live.figure import Figure
from tests.performance.load import http, websocket
from tests.performance.load.http import MakeRequest
from tests.performance.report import machine, report_figures
from tests.performance.usage import cpu_nanoseconds
from tests.performance.world import API, PASSWORD, World

_CONNECTIONS = 16
_IN_FLIGHT = 20
_AT_MOST = 3
_PERIOD, _AT_REST = 0.5, 0.08
"""A server is at rest after a period in which it used less than this share of a core."""
_OF_BACKGROUND = "SELECT pid FROM pg_stat_activity WHERE application_name = 'messenger background'"
_numbers = count(1)
Load: TypeAlias = Callable[[float], int]
"""Makes calls for that many seconds, and returns how many were answered."""

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def against(
    base: Annotated[str, typer.Argument(help="A folder with the other version, or a commit.")] = str(PROJECT_ROOT),
    without: Annotated[list[str] | None, typer.Option(help="A module that the other side does not have.")] = None,
    worker: Annotated[bool, typer.Option(help="Sends only, without the CPU of subscribers and jobs.")] = False,
    pairs: Annotated[int, typer.Option(min=3, help="Pairs of rounds.")] = 10,
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each round.")] = 3.0,
    output: Annotated[Path, typer.Option(help="Where the JSON goes.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure, print a table, write JSON."""
    where, data = machine(), PROJECT_ROOT / ".data"
    with (
        _project(base) as project,
        World(quick=True, data=data / "bench", has_worker=worker) as ours,
        World(quick=True, data=data / "bench-base", project=project) as theirs,
    ):
        worlds = ours, theirs
        if without:
            theirs.start_messenger(1, project, {"APPLICATION_ENABLED_MODULES": ",-".join(["BASE", *without])})
        figures = _compare("send over REST", _rest_sends, worlds, pairs, seconds, at_most=_AT_MOST)
        figures += _compare("send over WebSocket", _socket_sends, worlds, pairs, seconds, at_most=_AT_MOST)
        if not without and not worker:
            for title, make in _PASSWORDS.items():
                figures += _compare(f"{title}, hashing at a low cost", make, worlds, pairs, seconds)
            ours.start_messenger(1, more=_FULL)
            theirs.start_messenger(1, project, _FULL)
            for title, make in _PASSWORDS.items():
                figures += _compare(title, make, worlds, pairs, seconds, at_most=_AT_MOST)
    name = "without" if without else "against_worker" if worker else "against"
    report_figures(where, figures, output / f"{name}.json", base=base)


def _compare(
    title: str,
    make: Callable[[World], Load],
    worlds: tuple[World, World],
    pairs: int,
    seconds: float,
    at_most: float | None = None,
) -> list[Figure]:
    loads = {id(world): make(world) for world in worlds}

    def cost(world: World, length: float) -> float:
        """Returns microseconds of CPU per call, those of the database included."""
        before = _used(world)
        done = loads[id(world)](length)
        # The jobs and subscribers of a call belong to its cost, if the same process runs them.
        while _cpu_of_a_period(world) > _AT_REST * _PERIOD:
            continue
        return _since(before, world) / done * 1e6

    for world in worlds:
        cost(world, 1.0)
        # As autovacuum does within a minute: plans that were made while the tables were empty are made again.
        world.psql(world.database, "ANALYZE")
        cost(world, 1.0)
    costs: dict[int, list[float]] = {id(world): [] for world in worlds}
    for number in range(pairs):
        # The order alternates, so that neither always comes second.
        for world in worlds[:: -1 if number % 2 else 1]:
            costs[id(world)].append(cost(world, seconds))
    ours, theirs = (costs[id(world)] for world in worlds)
    more = sorted((here / there - 1) * 100 for here, there in zip(ours, theirs, strict=True))
    return [
        Figure(f"what this version adds to the CPU of a {title}, median of {pairs} pairs", median(more), "%", at_most),
        Figure("a quarter of the pairs is below", quantiles(more, n=4)[0], "%"),
        Figure("a quarter of the pairs is above", quantiles(more, n=4)[2], "%"),
        Figure("the lowest of the pairs", more[0], "%"),
        Figure("the highest of the pairs", more[-1], "%"),
        Figure(f"CPU of a {title}, median", median(ours), "µs"),
        Figure("the same in the other version", median(theirs), "µs"),
    ]


def _cpu_of_a_period(world: World) -> float:
    before = _used(world)
    time.sleep(_PERIOD)
    return _since(before, world)


def _used(world: World) -> dict[int, int]:
    """Returns the nanoseconds of each process of the server and its database, without a worker and its connections."""
    worker = world.messenger.worker
    apart = {worker.pid, *asyncio.run(_connections_of_background(world))} if worker else set()
    processes = [*world.messenger.family(), *world.postgres_processes()]
    return {process.pid: cpu_nanoseconds([process]) for process in processes if process.pid not in apart}


def _since(before: Mapping[int, int], world: World) -> float:
    """Returns the seconds that have been used since. A process that has ended in between does not count."""
    return sum(used - before.get(pid, 0) for pid, used in _used(world).items()) / 1e9


async def _connections_of_background(world: World) -> list[int]:
    connection = await fill.connect(world.database)
    try:
        return [row["pid"] for row in await connection.fetch(_OF_BACKGROUND)]
    finally:
        await connection.close()


def _http_load(world: World, makers: Sequence[MakeRequest]) -> Load:
    # The last call of each connection ends after the round, and is not counted by it.
    return lambda seconds: http.run(world.messenger.address, makers, seconds).count + len(makers)


def _posts(world: World, path: str, bodies: Iterator[Mapping[str, str]]) -> Load:
    address = world.messenger.address

    def make() -> bytes:
        return http.request("POST", address, f"{API}{path}", json.dumps(next(bodies)).encode())

    return _http_load(world, [make] * _CONNECTIONS)


def _sign_ups(world: World) -> Load:
    def bodies() -> Iterator[Mapping[str, str]]:
        for number in _numbers:
            name = f"bench_new_{number}"
            yield {"email": f"{name}@example.com", "password": PASSWORD, "username": name}

    return _posts(world, "/accounts/sign-up", bodies())


def _sign_ins(world: World) -> Load:
    users = world.users[:_CONNECTIONS]
    return _posts(world, "/accounts/sign-in", cycle([{"login": user.username, "password": PASSWORD} for user in users]))


def _rest_sends(world: World) -> Load:
    address = world.messenger.address
    return _http_load(
        world, [http.post_messages(address, f"{API}/chats/{chat}/messages", user.token) for user, chat in world.alone]
    )


def _socket_sends(world: World) -> Load:
    def send(seconds: float) -> int:
        clients = [(world.socket(user), websocket.send_frames(chat)) for user, chat in world.alone]
        try:
            return websocket.run_sends(clients, _IN_FLIGHT, seconds, wait_for_events=True).count
        finally:
            for client, _ in clients:
                client.close()

    return send


_PASSWORDS = {"sign-up": _sign_ups, "sign-in": _sign_ins}
_COST = AuthSettings()
_FULL = {
    "AUTH_ARGON2_TIME_COST": str(_COST.argon2_time_cost),
    "AUTH_ARGON2_MEMORY_COST": str(_COST.argon2_memory_cost),
}


@contextmanager
def _project(base: str) -> Iterator[Path]:
    """Yields the folder of the other version. A commit is unpacked for that time."""
    if Path(base).is_dir():
        yield Path(base).resolve()
        return
    folder = PROJECT_ROOT / ".data" / "bench-base-project"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        packed = subprocess.run(["git", "archive", base], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x"], cwd=folder, input=packed.stdout, check=True)
        yield folder
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    cli()
