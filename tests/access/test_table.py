"""Each kind of caller calls each operation, and gets the answer of the table: over HTTP and over the socket."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.adapters.db.address import DatabaseAddress
from app.modules.sockets_module.services.asyncapi import make_document
from app.settings import Settings
from app.utils.module import Modules
from tests.access.operations import Operation
from tests.access.rows import ASKED, REQUESTS, REST, SOCKET
from tests.access.table import CODES
from tests.access.world import Chat, World
from tests.fakers import API, FakeClient, ok


async def test_every_operation_has_a_row_and_every_row_an_operation(operations: dict[str, Operation]) -> None:
    rows = [row for rows in REST.values() for row in rows]
    assert {row.operation for row in rows} == set(operations)
    assert set(ASKED) <= {row.name for row in rows}


async def test_every_action_of_the_socket_has_a_row_and_every_row_an_action(app: FastAPI, settings: Settings) -> None:
    document = make_document(settings.app, app.state.container.get(Modules), host="server", is_secure=False)
    actions = {name for name, operation in document["operations"].items() if operation["action"] == "receive"}
    assert {row.operation for row in SOCKET} == actions


def difference(response: httpx.Response, expected: str) -> str | None:
    """Returns how the response differs from the table, None if it does not."""
    if str(response.status_code) != expected:
        return f"{response.status_code} instead of {expected}: {response.text[:200]}"
    if response.is_error and response.content and response.json()["code"] != CODES[response.status_code]:
        return f"the code is {response.json()['code']}"
    return None


@pytest.mark.parametrize("kind", REST)
async def test_every_caller_gets_the_answer_of_the_table(
    kind: str, server: httpx.AsyncClient, database_address: DatabaseAddress, operations: dict[str, Operation]
) -> None:
    """All refused requests go to one chat and change nothing there. Each allowed row changes a chat of its own."""
    world = await World.make(server, database_address)
    chat = await world.open_chat(kind) if kind else None
    before = await state_of(world, kind, chat) if chat else None
    differences: dict[tuple[str, str], str] = {}
    for row in REST[kind]:
        operation = operations[row.operation]
        changed = None
        for caller, expected in row.answers.items():
            changes = operation.method != "GET" and expected < "400"
            if changes and kind and not changed:
                changed = await world.open_chat(kind)
            found = difference(await world.ask(operation, row, caller, changed if changes else chat), expected)
            if found is not None:
                differences[row.name, caller] = found
            if changes and row.operation.startswith(("accounts_", "leaving_")) and caller not in ("anonymous", "ended"):
                # The session may have ended, or its refresh token is spent.
                await world.users[caller].sign_in()
    assert differences == {}
    if chat and kind != "direct":
        assert await state_of(world, kind, chat) == before


async def state_of(world: World, kind: str, chat: Chat) -> list[dict[str, Any]]:
    """Returns all state that a caller could have changed."""
    addresses = ("", "/members", "/messages", "/events")
    return [ok(await world.owner_of(kind).get(f"/chats/{chat.id}{address}")) for address in addresses]


async def test_every_caller_gets_the_answer_of_the_table_over_the_socket(
    live_server: str, database_address: DatabaseAddress
) -> None:
    differences: dict[tuple[str, str], str] = {}
    async with httpx.AsyncClient(base_url=f"http://{live_server}", timeout=60) as http:
        world = await World.make(http, database_address)
        chats = {kind: await world.open_chat(kind) for kind in REST if kind}
        for row in SOCKET:
            for caller, expected in row.answers.items():
                data = await world.fill(REQUESTS[row.operation], caller, chats[row.case])
                answer = await ask_over_socket(world.users[caller], row.operation, data, live_server)
                if answer != expected:
                    differences[row.name, caller] = f"{answer} instead of {expected}"
    assert differences == {}


async def ask_over_socket(user: FakeClient, action: str, data: dict[str, Any], address: str) -> str:
    """Returns `ok`, the status of the refusal, or the close code."""
    frames = [("hello", {"token": user.access_token}), (action, data)]
    async with connect(f"ws://{address}{API}/ws") as connection:
        for number, (name, fields) in enumerate(frames if action != "hello" else frames[:1]):
            await connection.send(json.dumps({"id": number, "action": name, "data": fields}))
        try:
            while True:
                reply = json.loads(await connection.recv())
                if "reply_to" not in reply:
                    continue
                if reply["status"] == "error" and reply["error"]["status"] != 401:
                    assert reply["error"]["code"] == CODES[reply["error"]["status"]]
                    return str(reply["error"]["status"])
                if reply["status"] == "ok" and reply["reply_to"] == number:
                    return "ok"
        except ConnectionClosed:
            return str(connection.close_code)
