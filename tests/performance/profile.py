"""`python -m tests.performance.profile`: CPU time of a send in the process, by the layer of the code."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.settings import PROJECT_ROOT
from tests.performance.load import http, websocket
from tests.performance.outcome import Outcome
from tests.performance.report import write_json
from tests.performance.scenarios.send_rest import sends
from tests.performance.world import World

_SECONDS = 10
_PER_SECOND = 200
_OTHERS = "the interpreter's own library"
# By the file of the innermost frame among these: the standard library counts for its caller.
_LAYERS = {
    "/loguru/": "the log line",
    "/fastapi_engine/middlewares/log": "the log line",
    "/app/": "this application",
    "/asyncpg/": "the driver (asyncpg)",
    "/fastapi/": "FastAPI and Starlette",
    "/starlette/": "FastAPI and Starlette",
    "/pydantic/": "validation (pydantic)",
    "/uvicorn/": "the server (uvicorn, websockets)",
    "/websockets/": "the server (uvicorn, websockets)",
}


def profile(
    output: Annotated[Path, typer.Option(help="Folder for the JSON.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Sample the process from outside while it is busy, print a table, write JSON."""
    console = Console()
    table = Table("where", "REST, %", "WebSocket, %")
    with World(quick=True) as world:
        makers = sends(world, 64)
        clients = [(world.socket(user), websocket.send_frames(chat)) for user, chat in world.alone]
        shares = [
            _sample(world, lambda seconds: http.run(world.messenger.address, makers, seconds)),
            _sample(world, lambda seconds: websocket.run_sends(clients, 20, seconds, wait_for_events=True)),
        ]
    rows = [
        {"where": layer, "rest": shares[0].get(layer, 0.0), "websocket": shares[1].get(layer, 0.0)}
        for layer in sorted(set(shares[0]) | set(shares[1]), key=lambda layer: -shares[0].get(layer, 0.0))
    ]
    for row in rows:
        table.add_row(str(row["where"]), f"{row['rest']:.0f}", f"{row['websocket']:.0f}")
    console.print(table)
    write_json({"rows": rows}, output / "profile.json")


def _sample(world: World, load: Callable[[float], Outcome]) -> dict[str, float]:
    """Returns the percentage of the busy samples in each layer."""
    load(2)
    raw = world.data / "profile.raw"
    spy = Path(sys.executable).with_name("py-spy")
    options = ["--pid", str(world.messenger.process.pid), "--duration", str(_SECONDS), "--rate", str(_PER_SECOND)]
    sampler = subprocess.Popen(
        [spy, "record", *options, "--full-filenames", "--format", "raw", "--output", raw],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    load(_SECONDS + 2)
    sampler.wait()
    counts: Counter[str] = Counter()
    for line in raw.read_text(encoding="utf-8").splitlines():
        stack, _, samples = line.rpartition(" ")
        frames = stack.split(";")
        if not _is_idle(frames[-1]):
            counts[_layer_of(frames)] += int(samples)
    return {layer: 100 * count / counts.total() for layer, count in counts.items()}


def _is_idle(frame: str) -> bool:
    """Returns True for the event loop waiting for I/O, and for threads waiting for work."""
    return any(file in frame for file in ("/asyncio/runners.py", "/threading.py", "/selectors.py"))


def _layer_of(frames: list[str]) -> str:
    for frame in reversed(frames):
        for part, layer in _LAYERS.items():
            if part in frame:
                return layer
    return _OTHERS


if __name__ == "__main__":
    typer.run(profile)
