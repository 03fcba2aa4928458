"""The example clients of docs/realtime.md keep a chat that moves while they read the list again, as after a gap."""

import asyncio
import json
from asyncio.subprocess import PIPE
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from tests.messengers import EXAMPLES, load_example
from tests.npm import NODE
from tests.servers import listening

_LOAD_TWICE = """
const [client, base] = process.argv.slice(2);
const { Messenger } = await import(client);
const messenger = new Messenger(base, {}, () => {});
await messenger.load();
await messenger.load();
console.log(JSON.stringify(Object.keys(messenger.chats)));
"""


async def _in_python(base: str) -> set[str]:
    messenger = load_example("realtime_client").Messenger(base, {"access_token": ""}, lambda event: None)
    await messenger.load()
    await messenger.load()
    return set(messenger.chats)


async def _in_node(base: str) -> set[str]:
    client = (EXAMPLES / "realtime_client.mjs").as_uri()
    arguments = ("--input-type=module", "-e", _LOAD_TWICE, "-", client, base)
    process = await asyncio.create_subprocess_exec(NODE, *arguments, stdout=PIPE)
    written, _ = await process.communicate()
    return set(json.loads(written))


def _moving() -> FastAPI:
    """Returns a server whose list has three chats at first. Then one is left, and one moves between two pages."""
    answers: dict[str, list[Any]] = {
        "/accounts/me": [{"id": "eve", "event_seq": 1}, {"id": "eve", "event_seq": 9}],
        "/chats": [_page("first", "moving", "left"), _page("first", next_cursor="next"), _page()],
        "/chats/moving": [_chat("moving")],
    }
    app = FastAPI()

    @app.get("/api/v1{path:path}")
    def answer(path: str) -> JSONResponse:
        return JSONResponse(answers[path].pop(0)) if answers.get(path) else JSONResponse({}, 404)

    return app


def _chat(name: str) -> dict[str, Any]:
    return {"id": name, "event_seq": 1}


def _page(*names: str, next_cursor: str | None = None) -> dict[str, Any]:
    return {"items": [_chat(name) for name in names], "next_cursor": next_cursor}


@pytest.mark.parametrize("load_twice", [_in_python, _in_node], ids=["python", "node"])
async def test_a_chat_that_moves_while_the_list_is_read_again_is_kept(load_twice: Any) -> None:
    async with listening(_moving()) as address:
        assert await load_twice(f"http://{address}") == {"first", "moving"}
