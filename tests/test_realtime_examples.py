"""The example clients of docs/realtime.md lose and duplicate no event, whatever happens to the connection."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.connections import wire_to_port
from tests.fakers import PASSWORD, FakeClient, eventually, ok
from tests.messengers import EXAMPLES as FOLDER
from tests.messengers import load_example
from tests.npm import NODE
from tests.servers import client_of_port, http_client, listening
from tests.wire import Wire, wire_to

EXAMPLES = {"realtime_client.py": sys.executable, "realtime_client.mjs": str(NODE)}

server, wire = client_of_port, wire_to_port


class Example:
    """A running example: its output and its standard input."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            event = json.loads(line)
            self.events[event["stream_id"]].append(event)

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    def seqs(self, stream_id: str) -> list[int]:
        return [event["seq"] for event in self.events[stream_id]]

    async def end(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reading


@asynccontextmanager
async def started(name: str, address: str, user: FakeClient, watcher: FakeClient, chat: str) -> AsyncIterator[Example]:
    """An example of this user, connected."""
    arguments = (f"http://{address}", user.username, PASSWORD, chat)
    example = Example(
        await asyncio.create_subprocess_exec(
            EXAMPLES[name], str(FOLDER / name), *arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
    )
    try:
        await eventually(lambda: is_online(watcher, user), 30)
        yield example
    finally:
        await example.end()


@pytest.fixture(params=sorted(EXAMPLES))
async def example(
    request: pytest.FixtureRequest, boris: FakeClient, anna: FakeClient, club: str, wire: Wire
) -> AsyncIterator[Example]:
    """An example of Boris, connected."""
    async with started(request.param, wire.address, boris, anna, club) as example:
        yield example


async def is_online(watcher: FakeClient, user: FakeClient) -> bool:
    return bool(ok(await watcher.get(f"/accounts/{user.id}"))["online"])


async def texts_of(user: FakeClient, chat: str) -> list[str]:
    return [message["text"] for message in ok(await user.get(f"/chats/{chat}/messages"))["items"]]


async def test_an_example_has_everything_once_after_its_connection_was_cut(
    example: Example, wire: Wire, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    began_at = ok(await anna.get(f"/chats/{club}"))["event_seq"]
    own_began_at = ok(await boris.get("/accounts/me"))["event_seq"]

    async def has_all(chat: str, after: int) -> bool:
        head = ok(await anna.get(f"/chats/{chat}"))["event_seq"]
        return example.seqs(chat)[-1:] == [head] and head > after

    for number in range(5):
        await anna.send(club, f"до {number}")
    example.type("первое")
    await eventually(lambda: has_all(club, began_at + 5))

    wire.is_deaf = True
    example.type("ответ потерялся")
    await eventually(lambda: is_said(anna, club, "ответ потерялся"))
    wire.cut()
    for number in range(5):
        await anna.send(club, f"без него {number}")
    new_chat = await anna.open_chat(boris, title="Новый")
    await anna.send(new_chat, "ты здесь?")
    example.type("последнее")
    await wire.restore()

    await eventually(lambda: is_said(anna, club, "последнее"))
    await eventually(lambda: has_all(club, began_at + 12))
    await eventually(lambda: has_all(new_chat, 2))
    head = ok(await anna.get(f"/chats/{club}"))["event_seq"]
    assert example.seqs(club) == list(range(began_at + 1, head + 1))
    # From the `member.added` of Boris on. That of Anna comes before it.
    assert example.seqs(new_chat) == [2, 3]
    assert example.seqs(boris.id) == [own_began_at + 1]
    texts = await texts_of(anna, club)
    assert [texts.count(text) for text in ("первое", "ответ потерялся", "последнее")] == [1, 1, 1]
    assert [event["data"]["text"] for event in example.events[club]] == texts


@pytest.mark.parametrize("name", sorted(EXAMPLES))
async def test_an_example_resumes_after_its_access_token_has_expired(
    settings: Settings, anna: FakeClient, boris: FakeClient, club: str, name: str
) -> None:
    """Its tokens come from a process that issues short-lived ones; those of the others do not expire."""
    brief = settings.auth.model_copy(update={"access_ttl": 2})
    async with (
        listening(build_app(replace(settings, auth=brief))) as address,
        http_client(f"http://{address}") as http,
        wire_to("127.0.0.1", int(address.rpartition(":")[2])) as wire,
        started(name, wire.address, boris, anna, club) as example,
    ):
        # Its tokens are younger than the example's.
        younger = await FakeClient(http, username=boris.username).sign_in()

        async def is_expired() -> bool:
            return (await younger.get("/accounts/me")).status_code == 401

        await eventually(is_expired)
        wire.cut()
        example.type("без связи")
        await anna.send(club, "без него")
        await wire.restore()

        async def is_back() -> bool:
            texts = [event["data"].get("text") for event in example.events[club]]
            return {"без него", "без связи"} <= set(texts)

        await eventually(is_back)
        assert sorted(await texts_of(anna, club)) == ["без него", "без связи"]


async def test_an_example_ends_when_its_session_has_ended(example: Example, boris: FakeClient) -> None:
    change = {"current_password": PASSWORD, "new_password": f"{PASSWORD} 2"}
    ok(await boris.post("/accounts/me/password", change))
    example.type("никто не услышит")
    assert await asyncio.wait_for(example.process.wait(), 20) == 1


async def test_a_client_whose_send_was_given_up_goes_on(
    wire: Wire, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    tokens = {"access_token": boris.access_token, "refresh_token": boris.refresh_token}
    messenger = load_example("realtime_client").Messenger(f"http://{wire.address}", tokens, lambda event: None)
    await messenger.load()
    running = asyncio.create_task(messenger.run())
    try:
        await eventually(lambda: is_online(anna, boris))
        wire.is_deaf = True
        given_up = asyncio.create_task(messenger.send(club, "раз"))
        await eventually(lambda: is_said(anna, club, "раз"))
        given_up.cancel()
        wire.cut()
        await wire.restore()
        for text in ("два", "три"):
            await asyncio.wait_for(messenger.send(club, text), 30)
        assert await texts_of(anna, club) == ["раз", "два", "три"]
    finally:
        running.cancel()
        await asyncio.wait([running])


async def is_said(user: FakeClient, chat: str, text: str) -> bool:
    return text in await texts_of(user, chat)


@pytest.mark.parametrize("name", [*EXAMPLES, "bot.py"])
def test_an_example_ends_at_the_codes_that_a_reconnection_does_not_help_against(name: str) -> None:
    documents = Path(__file__).parents[1] / "docs"
    table = re.findall(r"^\| `(\d{4})` \| .* \| (.*) \|$", (documents / "realtime.md").read_text(), re.MULTILINE)
    final = {int(code) for code, advice in table if re.match("fix|create|stay", advice)}
    written = re.search(r"FINAL_CODES = [(\[](.*)[)\]]", (documents / "examples" / name).read_text())
    assert written is not None
    assert {int(code) for code in written[1].split(", ")} == final
