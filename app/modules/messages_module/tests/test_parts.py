"""Fields that modules contribute to messages: in requests, responses, the history and events, over REST and sockets."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.extension import (
    NEEDS_PREPARE,
    CheckedSend,
    MessagePart,
    Messages,
    MessageView,
    NeedsPrepare,
    PartRequest,
    SendCheck,
    StoredPart,
    set_check,
)
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.tests.app_with_parts import app_with_parts
from app.modules.sockets_module.commands import asyncapi_text
from app.services.context import Context
from app.services.errors import Conflict, ServiceError
from app.settings import Settings
from app.utils.module import Modules
from tests.fakers import FakeClient, FakeSocket, as_sent, ok, problem
from tests.servers import client_of

Importance = Literal["low", "normal", "high"]
stored: list[StoredPart] = []
removed: list[tuple[UUID, list[int]]] = []


def is_shouting(request: Any) -> bool:
    return str(request.text).isupper()


def derive_number(request: Any) -> Any:
    return NEEDS_PREPARE if request.number else None


async def prepare_number(context: Context, requests: Sequence[PartRequest]) -> Sequence[Any]:
    """Like a module that looks up a value for each request. It refuses even numbers."""
    return [request.value if request.value % 2 else Conflict("even") for request in requests]


async def prepare_length(context: Context, requests: Sequence[PartRequest]) -> Sequence[Any]:
    return [len(each.derived.text) + len(each.request.importance) for each in requests]  # type: ignore[attr-defined]


async def store_number(context: Context, parts: Sequence[StoredPart]) -> None:
    stored.extend(parts)


async def remove_number(context: Context, chat_id: UUID, seqs: Sequence[int]) -> None:
    removed.append((chat_id, list(seqs)))


async def describe_viewer(
    context: Context, viewer_id: UUID, messages: Sequence[tuple[UUID, int]]
) -> Mapping[tuple[UUID, int], str]:
    return {message: str(viewer_id) for message in messages}


async def refuse_all(sends: Sequence[CheckedSend]) -> Sequence[ServiceError | None]:
    return [Conflict("quiet") if send.role != "owner" else None for send in sends]


PARTS = (
    MessagePart("importance", Importance, Importance, Importance, empty="normal"),
    MessagePart("shouting", bool, empty=False, redacted=None, derive=is_shouting),
    MessagePart(
        "number",
        int | None,
        int,
        derive=derive_number,
        prepare=prepare_number,
        store=store_number,
        remove=remove_number,
    ),
    MessagePart("length", int, empty=0, derive=NeedsPrepare, prepare=prepare_length),
    MessageView("viewer", str | None, describe=describe_viewer),
    SendCheck("quiet", lambda context, sends: refuse_all(sends)),
    MessageView("is_own", bool, empty=False, sql="to_json(m.sender_id = $2)"),
)

app = app_with_parts


@pytest.fixture
async def server(app: FastAPI, live_server: str) -> AsyncIterator[httpx.AsyncClient]:
    stored.clear()
    removed.clear()
    async with client_of(app) as http:
        yield http


async def last_event(user: FakeClient, chat: str) -> dict[str, Any]:
    return (await user.events(chat))[-1]


async def test_a_part_is_in_the_response_the_history_and_the_event(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    async with FakeSocket(boris, live_server) as socket:
        high = await anna.send(club, "Срочно", importance="high")
        usual = await anna.send(club, "КАК ВСЕГДА")
        assert (high["importance"], usual["importance"]) == ("high", "normal")
        assert (high["shouting"], usual["shouting"]) == (False, True)
        await socket.until(lambda: len(socket.events[club]) == 2)
        assert [event["data"] for event in socket.events[club]] == [high, usual]
        over_socket = await socket.ask("send", chat_id=club, text="с сокета", importance="low")
        assert over_socket["importance"] == "low"
    shown = ok(await boris.get(f"/chats/{club}/messages"))["items"]
    assert [message["importance"] for message in shown] == ["high", "normal", "low"]
    assert [message["is_own"] for message in shown] == [False, False, True]
    assert {message["viewer"] for message in shown} == {boris.id}
    assert as_sent(shown[0]) == {**high, "viewer": boris.id, "is_own": False}
    last = ok(await boris.get(f"/chats/{club}"))["last_message"]
    assert (last["importance"], last["viewer"]) == ("low", boris.id)
    problem(await anna.post(f"/chats/{club}/messages", {"text": "?", "importance": "none"}), 422, "validation_error")


async def test_a_retry_is_compared_with_the_parts_that_were_sent(anna: FakeClient, club: str) -> None:
    plain, high = {"client_msg_id": str(uuid4()), "text": "1"}, {"client_msg_id": str(uuid4()), "text": "2"}
    high["importance"] = "high"
    for body in (plain, high):
        first = await anna.post(f"/chats/{club}/messages", body)
        again = await anna.post(f"/chats/{club}/messages", body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        other = {**body, "importance": "low"}
        problem(await anna.post(f"/chats/{club}/messages", other), 422, "idempotency_mismatch")


async def test_an_edit_changes_only_the_parts_that_it_names(anna: FakeClient, club: str) -> None:
    await anna.send(club, "Срочно", importance="high")
    edited = ok(await anna.patch(f"/chats/{club}/messages/1", {"importance": "low"}))
    assert (edited["text"], edited["importance"]) == ("Срочно", "low")
    assert edited["edited_at"] is not None
    edited = ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "УЖЕ НЕ СРОЧНО"}))
    assert (edited["text"], edited["importance"], edited["shouting"]) == ("УЖЕ НЕ СРОЧНО", "low", True)
    payload = [event["data"] for event in await anna.events(club) if event["kind"].startswith("message.")]
    assert {(data["text"], data["importance"]) for data in payload} == {("УЖЕ НЕ СРОЧНО", "low")}
    before = len(await anna.events(club))
    ok(await anna.patch(f"/chats/{club}/messages/1", {"importance": "low"}))
    assert len(await anna.events(club)) == before


async def test_prepare_gets_what_derive_has_found_and_complete_edits(anna: FakeClient, club: str) -> None:
    assert (await anna.send(club, "Да"))["length"] == len("Да") + len("normal")
    for edit, length in (({"importance": "low"}, 2 + 3), ({"text": "Нет"}, 3 + 3)):
        assert ok(await anna.patch(f"/chats/{club}/messages/1", edit))["length"] == length


async def test_a_deleted_message_shows_no_part(anna: FakeClient, club: str) -> None:
    await anna.send(club, "СРОЧНО", importance="high", number=3)
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    shown = ok(await anna.get(f"/chats/{club}/messages/1"))
    assert (shown["importance"], shown["shouting"], shown["number"]) == ("normal", None, None)
    for event in await anna.events(club):
        if event["kind"].startswith("message."):
            assert (event["data"]["importance"], event["data"]["shouting"]) == ("normal", None)
    assert removed == [(UUID(club), [1])]


async def test_a_part_is_prepared_before_numbers_are_assigned(anna: FakeClient, club: str) -> None:
    assert (await anna.send(club, "1", number=1))["number"] == 1
    problem(await anna.post(f"/chats/{club}/messages", {"text": "2", "number": 2}), 409, "conflict")
    third = await anna.send(club, "3", number=3)
    assert (third["seq"], third["number"]) == (2, 3)
    assert [(part.seq, part.value, part.previous) for part in stored if part.value] == [(1, 1, None), (2, 3, None)]


async def test_a_check_refuses_sends_and_edits_in_chats_that_enable_it(
    anna: FakeClient, boris: FakeClient, club: str, app: FastAPI
) -> None:
    other = await anna.open_chat(boris, title="Другой чат")
    await boris.send(club, "до проверки")
    database = app.state.container.get(Database)
    async with open_unit_of_work(database) as work:
        await set_check(work, UUID(club), "quiet", True)
    problem(await boris.post(f"/chats/{club}/messages", {"text": "?"}), 409, "conflict")
    problem(await boris.patch(f"/chats/{club}/messages/1", {"text": "?"}), 409, "conflict")
    assert (await anna.send(club, "владелец"))["seq"] == 2
    await boris.send(other, "здесь можно")
    async with open_unit_of_work(database) as work:
        await set_check(work, UUID(club), "quiet", False)
    await boris.send(club, "снова можно")


async def test_the_server_sets_a_part_and_erases_messages(anna: FakeClient, club: str, app: FastAPI) -> None:
    await anna.send(club, "1")
    await anna.send(club, "2")
    messages = app.state.container.get(Messages)
    database = app.state.container.get(Database)
    async with open_unit_of_work(database) as work:
        await messages.set_part(work, UUID(club), 1, "importance", "high")
    event = await last_event(anna, club)
    assert (event["kind"], event["data"]["importance"], event["data"]["edited_at"]) == ("message.updated", "high", None)
    assert ok(await anna.get(f"/chats/{club}/messages/1"))["importance"] == "high"
    async with open_unit_of_work(database) as work:
        await messages.erase(work, UUID(club), [1, 2], reason="test")
    shown = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert [message["deleted_at"] is None for message in shown] == [False, False]
    create = message_models(app.state.container.get(Modules)).create
    sent = await messages.post(UUID(club), anna.uuid, create(text="от сервера"), server_parts={"importance": "low"})
    assert b'"importance":"low"' in sent.body
    with pytest.raises(ServiceError):
        await messages.post(UUID(club), uuid4(), create(text="?"))


async def test_api_documents_describe_the_parts(server: httpx.AsyncClient, app: FastAPI) -> None:
    schemas = ok(await server.get("/openapi.json"))["components"]["schemas"]
    for model in ("MessageCreate", "MessageUpdate", "MessageRead"):
        assert "importance" in schemas[model]["properties"]
    assert "is_own" in schemas["MessageRead"]["properties"]
    assert "shouting" not in schemas["MessageCreate"]["properties"]
    sockets = ok(await server.get("/asyncapi.json"))["components"]["schemas"]
    assert "importance" in sockets["SendData"]["properties"]
    assert "importance" in sockets["MessageRead"]["properties"]
    for payload in ("MessagePayload", "MessageEditedPayload", "MessageDeletedPayload"):
        assert "importance" in sockets[payload]["properties"]
        assert "is_own" not in sockets[payload]["properties"]


def test_a_disabled_module_adds_nothing_to_the_document(base_settings: Settings) -> None:
    assert "importance" not in asyncapi_text(replace(base_settings))
