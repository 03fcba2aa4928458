"""The example bot answers each command once, whatever happens to it and to its connection."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from time import monotonic

import pytest
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request
from websockets.http11 import Response as HttpResponse

from app.modules.bots_module.tests.bots import add, create_bot
from tests.connections import wire_to_port
from tests.fakers import FakeClient, eventually, ok
from tests.messengers import EXAMPLES, load_example
from tests.servers import client_of_port, listening
from tests.wire import Wire

BOT = EXAMPLES / "bot.py"
_ACCOUNT = '{"id": "dice", "event_seq": 1}'
_BROKEN_OFF = Response("{", headers={"content-length": "100"})

server, wire = client_of_port, wire_to_port


@pytest.fixture
async def bot(anna: FakeClient, club: str) -> FakeClient:
    bot = await create_bot(anna, "profile:read", "messages:read", "messages:write", display_name="Кости")
    await add(anna, club, bot)
    return bot


@asynccontextmanager
async def started(bot: FakeClient, wire: Wire, watcher: FakeClient, file: Path) -> AsyncIterator[Process]:
    """The bot, connected."""
    arguments = (sys.executable, str(BOT), f"http://{wire.address}", bot.access_token, str(file))
    process = await asyncio.create_subprocess_exec(*arguments, stdout=DEVNULL, stderr=DEVNULL)

    async def is_online() -> bool:
        return bool(ok(await watcher.get(f"/accounts/{bot.id}"))["online"])

    try:
        await eventually(is_online)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def answers_in(user: FakeClient, chat: str, bot: FakeClient) -> list[int]:
    """Returns the numbers of the messages that the bot has answered."""
    messages = ok(await user.get(f"/chats/{chat}/messages", limit=200))["items"]
    return [message["reply_to_seq"] for message in messages if message["sender_id"] == bot.id]


async def test_the_bot_answers_each_command_once_after_cuts_and_restarts(
    anna: FakeClient, boris: FakeClient, club: str, bot: FakeClient, wire: Wire, tmp_path: Path
) -> None:
    asked: list[int] = []

    async def ask(text: str = "/roll") -> None:
        asked.append((await boris.send(club, text))["seq"])

    async def all_is_answered() -> bool:
        return set(asked) <= set(await answers_in(anna, club, bot))

    async with started(bot, wire, anna, tmp_path / "cursors.json") as process:
        await boris.send(club, "Бросим кости?")
        await ask()
        await eventually(all_is_answered)
        wire.cut()
        await ask("/roll 20")
        await ask("/roll 🎲")
        await wire.restore()
        await eventually(all_is_answered)
        process.kill()
        await process.wait()
    await ask("/roll 1")
    async with started(bot, wire, anna, tmp_path / "cursors.json"):
        await ask()
        await eventually(all_is_answered)
        assert sorted(await answers_in(anna, club, bot)) == sorted(asked)


async def test_the_bot_answers_the_first_command_of_a_chat_after_a_restart(
    anna: FakeClient, boris: FakeClient, club: str, bot: FakeClient, wire: Wire, tmp_path: Path
) -> None:
    file = tmp_path / "cursors.json"

    async def knows(chat: str) -> bool:
        return file.exists() and chat in json.loads(file.read_text())

    async with started(bot, wire, anna, file):
        await eventually(lambda: knows(club))
    asked = [(await boris.send(club, "/roll"))["seq"]]
    yard = await anna.open_chat(boris, title="Двор")
    await add(anna, yard, bot)
    asked_in_the_yard = [(await boris.send(yard, "/roll"))["seq"]]

    async def all_is_answered() -> bool:
        in_both = [await answers_in(anna, chat, bot) for chat in (club, yard)]
        return in_both == [asked, asked_in_the_yard]

    async with started(bot, wire, anna, file):
        await eventually(all_is_answered)


async def test_the_bot_ends_when_its_key_is_revoked(
    anna: FakeClient, club: str, bot: FakeClient, wire: Wire, tmp_path: Path
) -> None:
    async with started(bot, wire, anna, tmp_path / "cursors.json") as process:
        (key,) = ok(await anna.get(f"/bots/{bot.id}/keys"))["items"]
        ok(await anna.delete(f"/bots/{bot.id}/keys/{key['id']}"))
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def test_the_bot_connects_again_unless_its_key_is_refused(tmp_path: Path) -> None:
    """The close code is the same for a hello that came too late and for a key that is revoked."""
    answers = [HTTPStatus.OK, HTTPStatus.OK, HTTPStatus.UNAUTHORIZED]

    def answer(connection: ServerConnection, request: Request) -> HttpResponse | None:
        return None if request.path.endswith("/ws") else connection.respond(answers.pop(0), _ACCOUNT)

    async with serve(lambda socket: socket.close(4401), "127.0.0.1", 0, process_request=answer) as server:
        port = server.sockets[0].getsockname()[1]
        bot = load_example("bot").Bot(f"http://127.0.0.1:{port}", "", tmp_path / "cursors.json")
        await asyncio.wait_for(bot.run(), 30)
    assert answers == []


async def test_the_pause_of_the_bot_grows_while_its_hello_is_refused(tmp_path: Path) -> None:
    pauses: list[float] = []
    refusal = json.dumps({"reply_to": 1, "status": "error", "error": {"status": 503}})

    async def refuse(socket: ServerConnection) -> None:
        pauses.append(example.pause)
        await socket.send(refusal)
        await socket.close(1013 if len(pauses) < 3 else 4403)

    def answer(connection: ServerConnection, request: Request) -> HttpResponse | None:
        return None if request.path.endswith("/ws") else connection.respond(HTTPStatus.OK, _ACCOUNT)

    async with serve(refuse, "127.0.0.1", 0, process_request=answer) as server:
        port = server.sockets[0].getsockname()[1]
        example = load_example("bot").Bot(f"http://127.0.0.1:{port}", "", tmp_path / "cursors.json")
        await asyncio.wait_for(example.run(), 30)
    assert pauses == [0.1, 0.2, 0.4]


async def test_an_answered_hello_ends_the_growth_of_the_pause_of_the_bot(tmp_path: Path) -> None:
    bot = load_example("bot").Bot("", "", tmp_path / "cursors.json")
    bot.pause = 10
    await bot.take({"reply_to": 1, "status": "ok", "data": {"without_cursor": {}}})
    assert bot.pause == 0.1


@pytest.mark.parametrize("failure", [PlainTextResponse(status_code=504), _BROKEN_OFF], ids=["refused", "broken off"])
async def test_the_bot_sends_an_answer_again_if_that_fails(failure: Response, tmp_path: Path) -> None:
    app, answers = FastAPI(), [failure, JSONResponse({"seq": 1}, 201)]

    @app.post("/api/v1/chats/club/messages")
    def store() -> Response:
        return answers.pop(0)

    async with listening(app) as address:
        bot = load_example("bot").Bot(f"http://{address}", "", tmp_path / "cursors.json")
        await asyncio.wait_for(bot.send("club", {"text": "6"}), 30)
    assert answers == []


async def test_the_bot_sends_an_answer_again_after_the_time_that_the_server_names(tmp_path: Path) -> None:
    app, received_at = FastAPI(), list[float]()
    answers = [JSONResponse({}, 429, {"Retry-After": "3"}), JSONResponse({"seq": 1}, 201)]

    @app.post("/api/v1/chats/club/messages")
    def store() -> Response:
        received_at.append(monotonic())
        return answers.pop(0)

    async with listening(app) as address:
        bot = load_example("bot").Bot(f"http://{address}", "", tmp_path / "cursors.json")
        await asyncio.wait_for(bot.send("club", {"text": "6"}), 30)
    refused_at, repeated_at = received_at
    # Timers may be early by a millisecond.
    assert repeated_at - refused_at > 2.9


@pytest.mark.parametrize("page", ["keys.md", "keys.ru.md"])
def test_the_page_names_the_bot_that_these_tests_run(project_root: Path, page: str) -> None:
    text = (project_root / "docs" / page).read_text(encoding="utf-8")
    assert "(examples/bot.py)" in text
    assert BOT.exists()
