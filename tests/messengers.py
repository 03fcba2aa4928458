"""The example clients of docs/realtime.md, running: what they know, and the events that they have passed on."""

import asyncio
import importlib.util
import json
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from fastapi import FastAPI

from tests.npm import NODE

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"

_IN_NODE = """
import { createInterface } from 'node:readline';
const [client, base, tokens] = process.argv.slice(2);
const { Messenger } = await import(client);
const events = [];
const messenger = new Messenger(base, JSON.parse(tokens), (event) => events.push(event));
await messenger.load();
console.log('loaded');
messenger.run();
createInterface({ input: process.stdin }).on('line', () => console.log(JSON.stringify([messenger.chats, events])));
"""

State = dict[str, Any]


class Known(NamedTuple):
    """What a client knows at a moment."""

    chats: State
    events: list[State]

    def seqs(self, stream_id: str) -> list[int]:
        return [event["seq"] for event in self.events if event["stream_id"] == stream_id]


Read = Callable[[], Awaitable[Known]]
Client = Callable[[str, State], AbstractAsyncContextManager[Read]]


def empty_server() -> FastAPI:
    """Returns a server with what a client reads first: the account, which has no chats. Tests add the socket."""
    app = FastAPI()

    @app.get("/api/v1/accounts/me")
    def me() -> State:
        return {"id": "eve", "event_seq": 1}

    @app.get("/api/v1/chats")
    def chats() -> State:
        return {"items": [], "next_cursor": None}

    return app


def load_example(name: str) -> ModuleType:
    """Returns an example in Python as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@asynccontextmanager
async def in_python(base: str, tokens: State) -> AsyncIterator[Read]:
    events: list[State] = []
    messenger = load_example("realtime_client").Messenger(base, tokens, events.append)
    await messenger.load()
    running = asyncio.create_task(messenger.run())

    async def read() -> Known:
        assert not running.done(), running.exception()
        return Known(messenger.chats, events)

    yield read
    running.cancel()
    await asyncio.wait([running])


@asynccontextmanager
async def in_node(base: str, tokens: State, *options: str) -> AsyncIterator[Read]:
    client = (EXAMPLES / "realtime_client.mjs").as_uri()
    arguments = (*options, "--input-type=module", "-e", _IN_NODE, "-", client, base, json.dumps(tokens))
    process = await asyncio.create_subprocess_exec(NODE, *arguments, stdin=PIPE, stdout=PIPE, limit=1 << 22)
    requests, answers = process.stdin, process.stdout
    assert requests is not None
    assert answers is not None
    assert await answers.readline() == b"loaded\n"

    async def read() -> Known:
        requests.write(b"\n")
        return Known(*json.loads(await answers.readline()))

    yield read
    process.kill()
    await process.wait()
