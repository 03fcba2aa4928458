"""What every operation of the document has in common, whoever asks: what is added later is asked too."""

import asyncpg
import pytest

from app.adapters.db.address import DatabaseAddress
from tests.access.operations import Operation
from tests.fakers import FakeClient, ok, problem

NOWHERE = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"


@pytest.fixture
def in_chats(operations: dict[str, Operation]) -> list[Operation]:
    found = [operation for operation in operations.values() if "chat_id" in operation.parameters]
    assert len(found) >= 15
    return found


async def test_a_chat_of_others_and_one_that_is_not_there_are_told_alike(
    stranger: FakeClient, anna: FakeClient, club: str, in_chats: list[Operation]
) -> None:
    await anna.send(club)
    before = await anna.events(club)
    for operation in in_chats:
        told = []
        for chat_id in (club, NOWHERE):
            refused = await stranger.call(operation.method, operation.below_prefix(chat_id=chat_id), operation.body)
            body = problem(refused, 404, "not_found")
            members = {name: body[name] for name in body if name not in ("instance", "request_id")}
            told.append((members, set(refused.headers)))
        assert told[0] == told[1], operation
    assert await anna.events(club) == before


async def test_an_id_that_is_none_is_refused(anna: FakeClient, club: str, operations: dict[str, Operation]) -> None:
    for operation in operations.values():
        for name in operation.parameters:
            if name.endswith("_id"):
                values = {"chat_id": club} | {name: "nonsense"}
                refused = await anna.call(operation.method, operation.below_prefix(**values), operation.body)
                body = problem(refused, 422, "validation_error")
                assert ["path", name] in [error["loc"] for error in body["errors"]]


async def test_an_unknown_field_is_refused_everywhere(
    anna: FakeClient, club: str, operations: dict[str, Operation], database_address: DatabaseAddress
) -> None:
    # Whoever may do everything is asked for a sound body everywhere.
    connection = await asyncpg.connect(**database_address.connect_arguments())
    await connection.execute("UPDATE account SET is_admin = true WHERE id = $1", anna.uuid)
    await connection.close()
    for operation in operations.values():
        if isinstance(operation.body, dict):
            more = operation.body | {"surprise": 1}
            refused = await anna.call(operation.method, operation.below_prefix(chat_id=club), more)
            body = problem(refused, 422, "validation_error")
            assert body["errors"] == [
                {"loc": ["body", "surprise"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}
            ]


async def test_the_id_of_an_account_opens_no_chat_and_that_of_a_chat_is_no_account(
    anna: FakeClient, boris: FakeClient, club: str, in_chats: list[Operation]
) -> None:
    ok(await anna.patch("/accounts/me", {"bio": "Здесь"}))
    for account in (anna, boris):
        for operation in in_chats:
            path = operation.below_prefix(chat_id=account.id)
            problem(await anna.call(operation.method, path, operation.body), 404, "not_found")
    problem(await anna.get(f"/accounts/{club}"), 404, "not_found")
    assert [event["kind"] for event in await anna.own_events()] == ["chat.joined", "account.updated"]
