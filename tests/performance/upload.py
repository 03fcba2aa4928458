"""`python -m tests.performance.upload`: what the upload and the download of a large file cost the server and the sends.

Both are throttled to the rate of a fast network. Messages are sent at a fixed rate before, during and after them.
The file is transferred by a process of its own, which delays no measurement.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from http.client import HTTPConnection
from multiprocessing import get_context
from os import urandom
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from app.settings import PROJECT_ROOT
from tests.performance.live.figure import Figure
from tests.performance.load.http import Address, ask
from tests.performance.load.paced import send_paced
from tests.performance.outcome import percentile
from tests.performance.report import machine, report_figures
from tests.performance.usage import memory
from tests.performance.world import API, World

_MB = 1_000_000
_CHUNK = 256 * 1024
_TUS = {"Tus-Resumable": "1.0.0"}
_SAMPLES = 0.2
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def upload(
    megabytes: Annotated[int, typer.Option(min=10, help="Size of the file.")] = 2_000,
    throttle: Annotated[int, typer.Option(min=1, help="Megabytes a second.")] = 50,
    rate: Annotated[int, typer.Option(min=16, help="Sends a second.")] = 200,
    seconds: Annotated[float, typer.Option(min=1.0, help="Of the sends before, and of those after.")] = 20.0,
    output: Annotated[Path, typer.Option(help="Where the JSON goes.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Measure, print a table and write JSON."""
    where, size = machine(), megabytes * _MB
    with World(quick=True) as world:
        more = {
            "ATTACHMENT_MAX_BYTES": str(size),
            "ATTACHMENT_QUOTA_BYTES": str(2 * size),
            "ATTACHMENT_STORE": f"file://{world.data / 'files'}",
        }
        world.start_messenger(1, more=more)
        figures = asyncio.run(_measure(world, size, throttle * _MB, rate, seconds))
    report_figures(where, figures, output / "upload.json")


async def _measure(world: World, size: int, throttle: int, rate: int, seconds: float) -> list[Figure]:
    address, token = world.messenger.address, world.alone[0][0].token
    # A small file first: what is loaded at the first use is no cost of the size.
    await _run(address, token, _MB, throttle)
    await send_paced(world, _text, rate, 2.0)
    without = await send_paced(world, _text, rate, seconds)
    base, peak = memory(world.messenger.family()), 0
    is_over = asyncio.Event()

    async def watch() -> None:
        nonlocal peak
        while not is_over.is_set():
            peak = max(peak, memory(world.messenger.family()))
            await asyncio.sleep(_SAMPLES)

    async def transfer() -> float:
        try:
            return await _run(address, token, size, throttle)
        finally:
            is_over.set()

    began = monotonic()
    _, during, between = await asyncio.gather(watch(), send_paced(world, _text, rate, 3600.0, is_over), transfer())
    took = monotonic() - began
    without += await send_paced(world, _text, rate, seconds)
    ordered = sorted(without), sorted(during)
    p50s, p99s = ([percentile(times, share) * 1000 for times in ordered] for share in (0.5, 0.99))
    return [
        Figure(f"memory that {size // _MB:,} MB up and down add to the process", (peak - base) / 2**20, "MiB", 64),
        Figure("a send before and after, p50", p50s[0], "ms"),
        Figure("a send before and after, p99", p99s[0], "ms"),
        Figure("a send during the transfers, p50", p50s[1], "ms"),
        Figure("a send during the transfers, p99", p99s[1], "ms"),
        Figure("p50 during the transfers, of that without", p50s[1] / p50s[0], "×", 1.2),
        Figure("p99 during the transfers, of that without", p99s[1] / p99s[0], "×", 2),
        Figure("the transfers took", took, "s"),
        Figure("from the last byte of the upload until the file was ready", between, "s"),
    ]


def _text() -> str:
    return "Привет! Как дела?"


async def _run(address: Address, token: str, size: int, throttle: int) -> float:
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return await asyncio.get_running_loop().run_in_executor(process, _transfer, address, token, size, throttle)


def _transfer(address: Address, token: str, size: int, throttle: int) -> float:
    """Uploads a file by one PATCH, and downloads it. Returns the seconds from the last byte until it was ready."""
    connection = HTTPConnection(*address, timeout=600)
    bearer = {"Authorization": f"Bearer {token}"}
    connection.request("POST", f"{API}/attachments", headers={**bearer, **_TUS, "Upload-Length": str(size)})
    created = connection.getresponse()
    created.read()
    assert created.status == 201, created.status
    path = urlsplit(created.headers["Location"]).path
    headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0", "Content-Length": str(size)}
    connection.request("PATCH", path, _bytes(size, throttle), {**bearer, **_TUS, **headers})
    added = connection.getresponse()
    added.read()
    assert added.status == 204, added.status
    began = monotonic()
    file: Any = {}
    while file.get("state") != "ready":
        sleep(0.1)
        file = ask(address, "GET", path, token=token)
    between = monotonic() - began
    connection.request("GET", urlsplit(file["url"]).path)
    answer, received, began = connection.getresponse(), 0, monotonic()
    while part := answer.read(_CHUNK):
        received += len(part)
        sleep(max(began + received / throttle - monotonic(), 0))
    assert (answer.status, received) == (200, size), (answer.status, received)
    connection.close()
    return between


def _bytes(size: int, throttle: int) -> Iterator[bytes]:
    # No two chunks are the same, as in a video.
    chunk, sent, began = urandom(_CHUNK), 0, monotonic()
    while sent < size:
        part = (sent.to_bytes(8, "big") + chunk)[: size - sent]
        yield part
        sent += len(part)
        sleep(max(began + sent / throttle - monotonic(), 0))


if __name__ == "__main__":
    cli()
