"""The example clients of docs/realtime.md wait for as long as the server asks, and lose no message meanwhile."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable

import pytest
from fastapi import WebSocket

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import FakeClient, ok
from tests.messengers import EXAMPLES, State, empty_server, load_example
from tests.npm import NODE
from tests.rates import limited
from tests.servers import listening

_SEND_ALL = """
const [client, base, tokens, chat, texts] = process.argv.slice(2);
const { Messenger } = await import(client);
const messenger = new Messenger(base, JSON.parse(tokens), () => {});
await messenger.load();
const running = messenger.run();
await Promise.race([running, Promise.all(JSON.parse(texts).map((text) => messenger.send(chat, text)))]);
process.exit();
"""

SendAll = Callable[[str, State, str, list[str]], Awaitable[None]]


async def _in_python(base: str, tokens: State, chat: str, texts: list[str]) -> None:
    messenger = load_example("realtime_client").Messenger(base, tokens, lambda event: None)
    await messenger.load()
    running = asyncio.create_task(messenger.run())
    await asyncio.gather(*(messenger.send(chat, text) for text in texts))
    running.cancel()
    await asyncio.wait([running])


async def _in_node(base: str, tokens: State, chat: str, texts: list[str]) -> None:
    client = (EXAMPLES / "realtime_client.mjs").as_uri()
    arguments = ("--input-type=module", "-e", _SEND_ALL, "-", client, base, json.dumps(tokens), chat, json.dumps(texts))
    process = await asyncio.create_subprocess_exec(NODE, *arguments, stderr=PIPE)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors


both = pytest.mark.parametrize("send_all", [_in_python, _in_node], ids=["python", "node"])


@both
async def test_a_client_sends_many_more_messages_than_it_may_at_once(
    settings: Settings, anna: FakeClient, club: str, send_all: SendAll
) -> None:
    tokens = {"access_token": anna.access_token, "refresh_token": anna.refresh_token}
    texts = [str(number) for number in range(1200)]
    async with listening(build_app(limited(settings, send="100/second"))) as address:
        await asyncio.wait_for(send_all(f"http://{address}", tokens, club, texts), 60)
    assert ok(await anna.get(f"/chats/{club}"))["last_seq"] == len(texts)


@both
async def test_a_client_repeats_a_refused_message_after_the_time_that_the_server_names(send_all: SendAll) -> None:
    app, received_at = empty_server(), list[float]()

    @app.websocket("/api/v1/ws")
    async def connect(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()
        await socket.send_json({"reply_to": "hello", "status": "ok", "data": {"without_cursor": {}}})
        refusal = {"status": "error", "error": {"status": 429, "retry_after": 3}}
        for answer in (refusal, {"status": "ok", "data": {}}):
            frame = await socket.receive_json()
            received_at.append(asyncio.get_running_loop().time())
            await socket.send_json({"reply_to": frame["id"], **answer})
        await socket.receive()

    async with listening(app, http="h11", ws="websockets-sansio") as address:
        await asyncio.wait_for(send_all(f"http://{address}", {"access_token": ""}, "yard", ["Ау!"]), 30)
    refused_at, repeated_at = received_at
    # Timers may be early by a millisecond.
    assert repeated_at - refused_at > 2.9
