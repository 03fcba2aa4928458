"""API keys: each opens the operations of its scopes, and no other one."""

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.address import DatabaseAddress
from app.dependencies.scopes import SCOPES as ALL_SCOPES
from app.modules.keys_module.tests.keys import create_key, program_of
from tests.access.operations import Operation
from tests.access.rows import REQUESTS, REST, SCOPES, SOCKET_SCOPES
from tests.access.table import Row
from tests.access.test_table import ask_over_socket, difference
from tests.access.world import Chat, World
from tests.fakers import FakeClient, ok


class Keys:
    """Programs with keys of one account, made once for each set of scopes."""

    def __init__(self, user: FakeClient, path: str = "/accounts/me/keys") -> None:
        self._user = user
        self._path = path
        self._programs: dict[tuple[str, ...], FakeClient] = {}

    async def with_scopes(self, *scopes: str) -> FakeClient:
        if scopes not in self._programs:
            self._programs[scopes] = program_of(self._user, await create_key(self._user, *scopes, path=self._path))
        return self._programs[scopes]

    async def without(self, scope: str) -> FakeClient:
        return await self.with_scopes(*(one for one in ALL_SCOPES if one != scope))


@pytest.fixture
def documented(app: FastAPI) -> dict[str, str | None]:
    """The operations that need a token, and the scope that the OpenAPI document names for each."""
    found: dict[str, str | None] = {}
    for methods in app.openapi()["paths"].values():
        for operation in methods.values():
            if operation["security"] and {} not in operation["security"]:
                (scope,) = next((each["ApiKey"] for each in operation["security"] if "ApiKey" in each), [None])
                found[operation["operationId"]] = scope
    return found


async def test_the_document_names_the_scope_of_each_operation(documented: dict[str, str | None]) -> None:
    assert {name: scope for name, scope in documented.items() if scope} == {
        name: row.scope for name, row in SCOPES.items()
    }


def rows_by_operation() -> dict[str, tuple[str, Row]]:
    """Returns one row of each operation, with the kind of its chat: one with a success for the owner, if there is."""
    rows = [(kind, row) for kind, rows in REST.items() for row in rows]
    rows.sort(key=lambda each: each[1].answers.get("owner", "4") >= "4")
    return {row.operation: (kind, row) for kind, row in reversed(rows)}


async def make_keys(world: World) -> dict[str, Keys]:
    """Returns the keys of the owner, and those of a bot of the owner."""
    owner = world.users["owner"]
    bot = ok(await owner.post("/bots", {"username": "helper_of_owner"}))["id"]
    path = f"/bots/{bot}/keys"
    world.users["bot"] = program_of(owner, await create_key(owner, path=path), bot)
    return {"key": Keys(owner), "bot": Keys(owner, path)}


async def open_chat(world: World, kind: str) -> Chat:
    """Opens a chat with the bot as an admin. A direct chat is not its owner's."""
    chat, bot = await world.open_chat(kind), world.users["bot"]
    if kind != "direct":
        body = {"account_ids": [bot.id], "role": "admin"}
        ok(await world.users["owner"].post(f"/chats/{chat.id}/members", body))
        chat.messages["bot"] = await bot.send(chat.id, "Пишет бот")
    return chat


async def test_a_key_opens_the_operations_of_its_scopes_alone(
    server: httpx.AsyncClient,
    database_address: DatabaseAddress,
    operations: dict[str, Operation],
    documented: dict[str, str | None],
) -> None:
    world, rows = await World.make(server, database_address), rows_by_operation()
    differences: dict[tuple[str, str, str], str] = {}
    for caller, keys in (await make_keys(world)).items():
        for name in documented:
            kind, row = rows[name]
            chat = await open_chat(world, kind) if kind else None
            scoped = SCOPES.get(name)
            refused = await (keys.with_scopes(*ALL_SCOPES) if scoped is None else keys.without(scoped.scope))
            expected = [(refused, "403", "owner")]
            if scoped is not None and scoped.answers[caller] != "-":
                user = "owner" if caller == "key" else caller
                expected.append((await keys.with_scopes(scoped.scope), scoped.answers[caller], user))
            for program, answer, user in expected:
                response = await world.ask(operations[name], row, user, chat, headers=program.headers)
                found = difference(response, answer)
                if found is not None:
                    differences[caller, name, answer] = found
    assert differences == {}


async def test_a_key_opens_the_actions_of_its_scopes_alone(live_server: str, database_address: DatabaseAddress) -> None:
    differences: dict[tuple[str, str, str], str] = {}
    hello = SOCKET_SCOPES["hello"].scope
    async with httpx.AsyncClient(base_url=f"http://{live_server}", timeout=60) as http:
        world = await World.make(http, database_address)
        both = await make_keys(world)
        chat = await open_chat(world, "group")
        for caller, keys in both.items():
            for name in REQUESTS.keys() - {"ping"}:
                data, row = await world.fill(REQUESTS[name], "owner", chat), SOCKET_SCOPES.get(name)
                expected = [(await keys.with_scopes(*ALL_SCOPES), "403")]
                if row is not None:
                    expected = [
                        (await keys.without(row.scope), "403"),
                        (await keys.with_scopes(*dict.fromkeys((hello, row.scope))), row.answers[caller]),
                    ]
                for program, answer in expected:
                    found = await ask_over_socket(program, name, data, live_server)
                    if found != answer:
                        differences[caller, name, answer] = found
    assert differences == {}
