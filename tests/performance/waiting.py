"""`python -m tests.performance.waiting`: what people wait for beside sends.

The start of an installed server, a sign-in, the hello of an account with 1,500 chats, and a chat on the page.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Annotated, NamedTuple

import typer
from playwright.async_api import Request, expect

from app.settings import PROJECT_ROOT
from tests.browsers import Reader, chromium
from tests.performance import fill
from tests.performance.live.figure import Figure
from tests.performance.load.http import ask
from tests.performance.load.websocket import Socket
from tests.performance.report import machine, report_figures
from tests.performance.servers import messenger
from tests.performance.usage import cpu_seconds
from tests.performance.world import API, PASSWORD, World

_CHATS = 1_500
_MESSAGES = 500
_TIMES = 15
_STARTS = 5

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Wait(NamedTuple):
    """Seconds, and CPU seconds of the server and of the database."""

    wall: float
    server: float
    database: float = 0.0


class Visit(NamedTuple):
    """Seconds until something is shown, the requests until then, and the bytes of their responses."""

    seconds: float
    requests: int
    size: int


@cli.command()
def waiting(
    output: Annotated[Path, typer.Option(help="Folder for the JSON.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure, print a table, write JSON."""
    where = machine()
    with World(quick=True) as world:
        figures = [
            *_figures("start until it is ready, on a migrated database", [_start(world) for _ in range(_STARTS)]),
            *_sign_ins(world),
            *_hellos(world),
            *asyncio.run(_open_a_chat(world)),
        ]
    report_figures(where, figures, output / "waiting.json")


def _figures(title: str, waits: list[Wait]) -> list[Figure]:
    """Returns the medians."""
    wall, server, database = (median(values) * 1000 for values in zip(*waits, strict=True))
    figures = [Figure(title, wall, "ms"), Figure(f"{title}: CPU of the server", server, "ms")]
    return [*figures, Figure(f"{title}: CPU of the database", database, "ms")] if database else figures


def _start(world: World) -> Wait:
    began = perf_counter()
    with messenger(world.data / "second", database=world.database) as server:
        return Wait(perf_counter() - began, cpu_seconds(server.family()))


def _repeat(world: World, call: Callable[[], object]) -> list[Wait]:
    waits = []
    for _ in range(_TIMES + 2):
        server, postgres = world.messenger.family(), world.postgres_processes()
        before, began = (cpu_seconds(server), cpu_seconds(postgres)), perf_counter()
        call()
        took = perf_counter() - began
        waits.append(Wait(took, cpu_seconds(server) - before[0], cpu_seconds(postgres) - before[1]))
    # The first ones prepare statements.
    return waits[2:]


def _sign_ins(world: World) -> list[Figure]:
    user, address = world.users[0], world.messenger.address

    def sign_in() -> None:
        ask(address, "POST", f"{API}/accounts/sign-in", {"login": user.username, "password": PASSWORD})

    return _figures("sign-in, hashed at the lowest cost", _repeat(world, sign_in))


def _hellos(world: World) -> list[Figure]:
    user = world.sign_up()
    asyncio.run(fill.fill_chats(world.database, user.id, _CHATS))
    chats = asyncio.run(fill.fill_events(world.database, user.id, _CHATS))
    # No cursor misses an event: only the reply is awaited.
    cursors = {chat: 1 + missed for chat, missed in chats.items()}

    def hello() -> None:
        Socket(world.messenger.address, f"{API}/ws", {"token": user.token, "cursors": cursors}).close()

    return _figures(f"hello with {len(cursors):,} cursors", _repeat(world, hello))


async def _open_a_chat(world: World) -> list[Figure]:
    """With 500 messages, of a user with 1,500 chats."""
    user, other = world.sign_up(), world.sign_up()
    await fill.fill_chats(world.database, user.id, _CHATS)
    chat = world.open_chat(user, other)
    await fill.fill_messages(world.database, chat, other.id, _MESSAGES)
    address = "{}:{}".format(*world.messenger.address)
    reloads: list[Visit] = []
    opened: list[Visit] = []
    async with chromium() as browser:
        reader = await Reader.open_window(browser, address)
        await reader.sign_in(user.username)
        for _ in range(_TIMES):
            async with _measuring(reader, reloads):
                await reader.page.reload()
                await expect(reader.item("Bench")).to_be_visible()
            async with _measuring(reader, opened):
                await reader.open("Bench")
                await expect(reader.messages.last).to_be_visible()
    return [
        *_visits("the page, loaded again, until its chats are shown", reloads),
        *_visits("a chat, from the click until its messages are shown", opened),
    ]


@asynccontextmanager
async def _measuring(reader: Reader, visits: list[Visit]) -> AsyncIterator[None]:
    requests: list[Request] = []

    def note(request: Request) -> None:
        requests.append(request)

    reader.page.on("requestfinished", note)
    began = perf_counter()
    yield
    took = perf_counter() - began
    reader.page.remove_listener("requestfinished", note)
    sizes = [await request.sizes() for request in requests]
    visits.append(Visit(took, len(sizes), sum(size["responseBodySize"] for size in sizes)))


def _visits(title: str, visits: list[Visit]) -> list[Figure]:
    """Returns the medians."""
    seconds, requests, size = (median(values) for values in zip(*visits, strict=True))
    return [
        Figure(title, seconds * 1000, "ms"),
        Figure(f"{title}: requests", requests, ""),
        Figure(f"{title}: bodies of the responses", size / 1000, "KB"),
    ]


if __name__ == "__main__":
    cli()
