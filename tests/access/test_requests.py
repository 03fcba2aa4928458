"""What every operation of the document guarantees to every caller. New operations are included automatically."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.address import DatabaseAddress
from tests.access.operations import Operation
from tests.access.rows import REST
from tests.access.table import Row
from tests.access.world import Chat, World
from tests.fakers import FakeClient, ok, problem

NOWHERE = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"


@pytest.fixture
def in_chats(operations: dict[str, Operation]) -> list[Operation]:
    found = [operation for operation in operations.values() if "chat_id" in operation.parameters]
    assert len(found) >= 15
    return found


async def test_a_foreign_chat_and_a_missing_chat_get_the_same_answer(
    stranger: FakeClient, anna: FakeClient, club: str, in_chats: list[Operation]
) -> None:
    await anna.send(club)
    before = await anna.events(club)
    for operation in in_chats:
        reported = []
        for chat_id in (club, NOWHERE):
            refused = await stranger.call(operation.method, operation.below_prefix(chat_id=chat_id), operation.body)
            body = problem(refused, 404, "not_found")
            members = {name: body[name] for name in body if name not in ("instance", "request_id")}
            reported.append((members, set(refused.headers)))
        assert reported[0] == reported[1], operation
    assert await anna.events(club) == before


async def test_an_invalid_id_is_refused(
    server: httpx.AsyncClient, database_address: DatabaseAddress, operations: dict[str, Operation]
) -> None:
    world = await World.make(server, database_address)
    asked = set()
    async for row, caller, chat in allowed(world):
        operation = operations[row.operation]
        for name in operation.parameters:
            if name.endswith("_id") and (row.operation, name) not in asked:
                asked.add((row.operation, name))
                refused = await world.ask(operation, row, caller, chat, path={name: "nonsense"})
                if operation.method == "HEAD":
                    assert refused.status_code == 422
                    continue
                body = problem(refused, 422, "validation_error")
                assert ["path", name] in [error["loc"] for error in body["errors"]]
    ids = [(name, each) for name, operation in operations.items() for each in operation.parameters if "_id" in each]
    assert asked == set(ids)


async def test_an_unknown_field_is_refused_everywhere(
    server: httpx.AsyncClient, database_address: DatabaseAddress, operations: dict[str, Operation]
) -> None:
    world = await World.make(server, database_address)
    asked = set()
    async for row, caller, chat in allowed(world):
        operation = operations[row.operation]
        if isinstance(operation.body, dict):
            asked.add(row.operation)
            refused = await world.ask(operation, row, caller, chat, body={"surprise": 1})
            body = problem(refused, 422, "validation_error")
            assert body["errors"] == [
                {"loc": ["body", "surprise"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}
            ]
    assert asked == {name for name, operation in operations.items() if isinstance(operation.body, dict)}


async def test_a_wrong_value_is_one_error_at_its_field(
    server: httpx.AsyncClient, database_address: DatabaseAddress, operations: dict[str, Operation]
) -> None:
    world = await World.make(server, database_address)
    asked = set()
    async for row, caller, chat in allowed(world):
        operation = operations[row.operation]
        for field in operation.fields:
            if (row.operation, field) not in asked:
                asked.add((row.operation, field))
                refused = await world.ask(operation, row, caller, chat, body={field: 1.5})
                body = problem(refused, 422, "validation_error")
                assert [error["loc"] for error in body["errors"]] == [["body", field]], (row.operation, field)
    assert asked == {(name, field) for name, operation in operations.items() for field in operation.fields}


async def test_an_empty_cursor_is_the_first_page_of_every_list(
    app: FastAPI, server: httpx.AsyncClient, database_address: DatabaseAddress, operations: dict[str, Operation]
) -> None:
    lists = {
        operation["operationId"]
        for methods in app.openapi()["paths"].values()
        for operation in methods.values()
        if "cursor" in [each["name"] for each in operation.get("parameters", ())]
    }
    world = await World.make(server, database_address)
    asked: set[str] = set()
    async for row, caller, chat in allowed(world):
        if row.operation in lists - asked:
            asked.add(row.operation)
            pages = [
                ok(await world.ask(operations[row.operation], row, caller, chat, query=query))["items"]
                for query in ({}, {"cursor": ""})
            ]
            assert pages[0] == pages[1], row.operation
    assert asked == lists


async def allowed(world: World) -> AsyncIterator[tuple[Row, str, Chat | None]]:
    """Yields each row of the table with a caller who is not refused, and the chat in question.

    410 is no refusal of the caller: the link that was asked for no longer works. Where nothing that the table sends can
    be right, such as the code of an authenticator, the caller is a stranger.
    """
    for kind, rows in REST.items():
        chat = await world.open_chat(kind) if kind else None
        for row in rows:
            allowed_to = (caller for caller, answer in row.answers.items() if answer < "400" or answer == "410")
            caller = next(allowed_to, None if kind else "stranger")
            if caller is not None:
                yield row, caller, chat


async def test_an_account_id_is_no_chat_id_and_a_chat_id_is_no_account_id(
    anna: FakeClient, boris: FakeClient, club: str, in_chats: list[Operation]
) -> None:
    ok(await anna.patch("/accounts/me", {"bio": "Здесь"}))
    for account in (anna, boris):
        for operation in in_chats:
            path = operation.below_prefix(chat_id=account.id)
            problem(await anna.call(operation.method, path, operation.body), 404, "not_found")
    problem(await anna.get(f"/accounts/{club}"), 404, "not_found")
    assert [event["kind"] for event in await anna.own_events()] == ["chat.joined", "account.updated"]
