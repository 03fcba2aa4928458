"""Every operation of the document, asked by those who may not: what is added later is asked too."""

from typing import Any, NamedTuple

import asyncpg
import pytest
from fastapi import FastAPI

from app.adapters.db.address import DatabaseAddress
from tests.fakers import API, FakeClient, problem

OPEN = {"sign-up", "sign-in", "token", "refresh"}
NOBODY = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"


class Operation(NamedTuple):
    method: str
    path: str
    parameters: dict[str, str]
    body: Any

    def at(self, **values: str) -> str:
        """The address below the prefix, with the examples' values where no others are given."""
        return self.path.format(**self.parameters | values).removeprefix(API)


@pytest.fixture
def operations(app: FastAPI) -> list[Operation]:
    """All below the prefix, with the examples that the document gives."""
    document = app.openapi()
    found: list[Operation] = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if not path.startswith(API):
                continue
            parameters = {
                each["name"]: str(each["schema"]["examples"][0])
                for each in operation.get("parameters", ())
                if each["in"] == "path"
            }
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            body = _resolve(document, content["schema"])["example"] if content else None
            found.append(Operation(method.upper(), path, parameters, body))
    return found


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    resolved: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return resolved


async def test_nobody_gets_anywhere_without_signing_in(anonymous: FakeClient, operations: list[Operation]) -> None:
    closed = [operation for operation in operations if operation.path.rpartition("/")[2] not in OPEN]
    assert len(operations) - len(closed) == len(OPEN)
    for operation in closed:
        for headers in ({}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}):
            anonymous.headers = headers
            refused = await anonymous.call(operation.method, operation.at(), operation.body)
            problem(refused, 401, "unauthenticated")
            assert refused.headers["www-authenticate"] == "Bearer"


async def test_an_outsider_finds_nothing_of_a_chat(
    stranger: FakeClient, anna: FakeClient, club: str, operations: list[Operation]
) -> None:
    await anna.send(club)
    before = await anna.events(club)
    inside = [operation for operation in operations if "{chat_id}" in operation.path]
    assert len(inside) >= 15
    for operation in inside:
        for chat_id in (club, NOBODY):
            refused = await stranger.call(operation.method, operation.at(chat_id=chat_id), operation.body)
            body = problem(refused, 404, "not_found")
            assert club not in body["detail"], operation
    assert await anna.events(club) == before


async def test_a_former_member_finds_nothing_of_a_chat(
    anna: FakeClient, boris: FakeClient, club: str, operations: list[Operation]
) -> None:
    await anna.send(club)
    await anna.delete(f"/chats/{club}/members/{boris.id}")
    for operation in operations:
        if "{chat_id}" in operation.path:
            refused = await boris.call(operation.method, operation.at(chat_id=club), operation.body)
            problem(refused, 404, "not_found")


async def test_an_id_that_is_none_is_refused(anna: FakeClient, club: str, operations: list[Operation]) -> None:
    for operation in operations:
        for name in operation.parameters:
            if name.endswith("_id"):
                values = {"chat_id": club} | {name: "nonsense"}
                refused = await anna.call(operation.method, operation.at(**values), operation.body)
                body = problem(refused, 422, "validation_error")
                assert ["path", name] in [error["loc"] for error in body["errors"]]


async def test_an_unknown_field_is_refused_everywhere(
    anna: FakeClient, club: str, operations: list[Operation], database_address: DatabaseAddress
) -> None:
    # Whoever may do everything is asked for a sound body everywhere.
    connection = await asyncpg.connect(**database_address.connect_arguments())
    await connection.execute("UPDATE account SET is_admin = true WHERE id = $1", anna.uuid)
    await connection.close()
    for operation in operations:
        if isinstance(operation.body, dict):
            more = operation.body | {"surprise": 1}
            refused = await anna.call(operation.method, operation.at(chat_id=club), more)
            body = problem(refused, 422, "validation_error")
            assert body["errors"] == [
                {"loc": ["body", "surprise"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}
            ]
