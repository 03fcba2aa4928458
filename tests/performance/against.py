"""`python -m tests.performance.against BASE`: sign-ups, sign-ins and sends, compared with another version.

Both versions run at once, each on a database of its own. Rounds alternate between them, so that other work on the
machine meets both. Passwords are hashed at the same cost on both sides: at the default, as people meet it, and at a low
one, which shows what is around the hashing.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, repeat
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from app.settings.auth_settings import AuthSettings
from tests.performance.live.figure import Figure
from tests.performance.load import http
from tests.performance.load.http import MakeRequest
from tests.performance.report import machine, report_figures
from tests.performance.servers import ROOT
from tests.performance.world import API, PASSWORD, World

_CONNECTIONS = 16
# The jobs and subscribers of a call belong to its cost.
_SETTLES = 1.0
_numbers = count(1)
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def against(
    base: Annotated[str, typer.Argument(help="A folder with the other version, or a commit.")],
    pairs: Annotated[int, typer.Option(min=3, help="Pairs of rounds.")] = 10,
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each round.")] = 3.0,
    output: Annotated[Path, typer.Option(help="Where the JSON goes.")] = ROOT / ".data" / "results",
) -> None:
    """Measure, print a table, write JSON."""
    where, data = machine(), ROOT / ".data"
    with (
        _project(base) as project,
        World(quick=True, data=data / "bench") as ours,
        World(quick=True, data=data / "bench-base", project=project) as theirs,
    ):
        worlds = ours, theirs
        figures = _compare("send", _sends, worlds, pairs, seconds, at_most=5)
        for title, makers in _PASSWORDS.items():
            figures += _compare(f"{title}, hashing at a low cost", makers, worlds, pairs, seconds)
        ours.start_messenger(1, more=_FULL)
        theirs.start_messenger(1, project, _FULL)
        for title, makers in _PASSWORDS.items():
            figures += _compare(title, makers, worlds, pairs, seconds, at_most=5)
    report_figures(where, figures, output / "against.json", base=base)


def _compare(
    title: str,
    makers: Callable[[World], Sequence[MakeRequest]],
    worlds: tuple[World, World],
    pairs: int,
    seconds: float,
    at_most: float | None = None,
) -> list[Figure]:
    clients = {id(world): makers(world) for world in worlds}

    def cost(world: World, length: float) -> float:
        """Returns microseconds of CPU per call, those of the database included."""
        before = world.cpu_seconds()
        # The last call of each connection ends after the round, and is not counted by it.
        done = http.run(world.messenger.address, clients[id(world)], length).count + _CONNECTIONS
        time.sleep(_SETTLES)
        return (world.cpu_seconds() - before) / done * 1e6

    for world in worlds:
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
        Figure("the lowest of the pairs", more[0], "%"),
        Figure("the highest of the pairs", more[-1], "%"),
        Figure(f"CPU of a {title}, median", median(ours), "µs"),
        Figure("the same in the other version", median(theirs), "µs"),
    ]


def _posts(world: World, path: str, bodies: Iterator[Mapping[str, str]]) -> MakeRequest:
    address = world.messenger.address
    return lambda: http.request("POST", address, f"{API}{path}", json.dumps(next(bodies)).encode())


def _sign_ups(world: World) -> list[MakeRequest]:
    def bodies() -> Iterator[Mapping[str, str]]:
        for number in _numbers:
            name = f"bench_new_{number}"
            yield {"email": f"{name}@example.com", "password": PASSWORD, "username": name}

    return [_posts(world, "/accounts/sign-up", bodies()) for _ in range(_CONNECTIONS)]


def _sign_ins(world: World) -> list[MakeRequest]:
    users = world.users[:_CONNECTIONS]
    return [
        _posts(world, "/accounts/sign-in", repeat({"login": user.username, "password": PASSWORD})) for user in users
    ]


def _sends(world: World) -> list[MakeRequest]:
    address = world.messenger.address
    return [
        http.post_messages(address, f"{API}/chats/{chat}/messages", user.token)
        for user, chat in world.alone[:_CONNECTIONS]
    ]


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
    folder = ROOT / ".data" / "bench-base-project"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        packed = subprocess.run(["git", "archive", base], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x"], cwd=folder, input=packed.stdout, check=True)
        yield folder
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    cli()
