"""A module contributes requests, signals and streams to the WebSocket, without changes in other modules."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from loguru import logger
from pydantic import BaseModel

from app.adapters.clients.bus import MemoryBus
from app.fastapi_engine.constructor import build_app
from app.modules.sockets_module.extension import SocketAction
from app.modules.sockets_module.services import requests
from app.modules.sockets_module.services.actions import bind_actions
from app.modules.sockets_module.tests.sample_actions import MODULE, ChatData, Guests, RollData, deal, roll, table, think
from app.services.errors import Conflict
from app.settings import Settings
from app.utils.module import Module, Modules, ModulesError
from tests.fakers import FakeClient, FakeSocket, eventually, ok
from tests.rates import limited
from tests.servers import build_with, http_client, listening


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    table.clear()
    return build_with(settings, monkeypatch, MODULE)


@pytest.fixture
async def socket(anna: FakeClient, live_server: str) -> AsyncIterator[FakeSocket]:
    async with FakeSocket(anna, live_server) as socket:
        yield socket


async def test_a_contributed_request_is_validated_and_executed(socket: FakeSocket, club: str) -> None:
    await socket.until(lambda: bool(socket.events[club]))
    assert await socket.ask("roll", chat_id=club, sides=20) == {"value": 20, "is_followed": True}
    assert (await socket.ask("roll", chat_id=str(uuid4())))["is_followed"] is False
    for data, place in (({"sides": 1, "chat_id": club}, ["data", "sides"]), ({}, ["data", "chat_id"])):
        error = (await socket.begin("roll", **data))["error"]
        assert (error["code"], error["errors"][0]["loc"]) == ("validation_error", place)
    error = (await socket.begin("fly"))["error"]
    assert error["errors"][0]["loc"] == ["action"]
    assert {"roll", "send", "ping"} <= set(error["errors"][0]["msg"].removeprefix("one of ").split(", "))


async def test_requests_with_one_ordering_value_run_in_order_across_actions(
    socket: FakeSocket, anna: FakeClient, club: str
) -> None:
    other = await anna.open_chat()
    thinking = socket.begin("think", chat_id=club)
    after = [socket.begin("send", chat_id=club, text="я подумала"), socket.begin("roll", chat_id=club)]
    await socket.ask("roll", chat_id=other)
    await socket.ask("send", chat_id=other, text="здесь не ждут")
    assert not any(reply.done() for reply in (thinking, *after))  # type: ignore[attr-defined]
    table.may_end.set()
    assert [(await reply)["status"] for reply in (thinking, *after)] == ["ok", "ok", "ok"]


async def test_later_requests_wait_for_requests_with_begin(socket: FakeSocket, club: str) -> None:
    first, second = socket.begin("deal", chat_id=club), socket.begin("deal", chat_id=club)
    rolled = socket.begin("roll", chat_id=club)
    await socket.ask("ping")
    (context, one), (_, other) = table.begun
    assert str(context.account_id) == socket.user.id
    other(b'{"second":true}')
    one(Conflict("no cards are left"))
    assert (await first)["error"]["detail"] == "no cards are left"
    assert (await second)["data"] == {"second": True}
    assert (await rolled)["status"] == "ok"
    assert (await socket.begin("fumble", chat_id=club))["error"]["detail"] == "the cards are on the floor"


async def test_only_the_first_call_of_done_counts(socket: FakeSocket, club: str) -> None:
    first = socket.begin("deal", chat_id=club)
    await socket.ask("ping")
    for _ in range(3):
        table.begun[0][1](b"{}")
    assert (await first)["status"] == "ok"
    table.may_end.set()
    for _ in range(200):
        await socket.ask("think", chat_id=club)


async def test_a_socket_has_a_limited_number_of_requests_in_flight(
    socket: FakeSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_IN_FLIGHT", 2)
    # Sent in a row, so that the server reads all of them at once.
    replies = [socket.begin(action, chat_id=str(uuid4())) for action in ["deal"] * 5 + ["think"] * 5]
    ended = 0

    async def has_begun() -> bool:
        return len(table.begun) > ended

    while ended < 5:
        await eventually(has_begun)
        assert len(table.begun) <= ended + 2
        table.begun[ended][1](b"{}")
        ended += 1
    table.may_end.set()
    async with asyncio.timeout(30):
        assert [(await reply)["status"] for reply in replies] == ["ok"] * 10


async def test_an_error_is_sent_and_logged_with_the_name_of_its_handler(socket: FakeSocket, club: str) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, level="ERROR", format="{message}")
    failing = ["break_down", "whisper", "wait_for_cancelled"]
    for action in failing:
        error = (await socket.begin(action, chat_id=club))["error"]
        assert (error["status"], error["code"]) == (500, "internal_error")
    assert (await socket.begin("refuse", chat_id=club))["error"]["detail"] == "the table is taken"
    logger.remove(sink)
    assert [line.partition(" ")[0].rpartition(".")[2] for line in lines] == failing
    await socket.ask("ping")


async def test_the_permission_is_checked_before_the_action(
    socket: FakeSocket, boris: FakeClient, stranger: FakeClient, club: str, live_server: str
) -> None:
    async with FakeSocket(boris, live_server) as other, FakeSocket(stranger, live_server) as outside:
        assert (await socket.begin("cheer", chat_id=club))["error"]["code"] == "not_found"
        table.guests[club] = [socket.user.id]
        assert (await other.begin("cheer", chat_id=club))["error"]["code"] == "forbidden"
        await socket.ask("cheer", chat_id=club)
        await other.until(lambda: any(signal["kind"] == "cheered" for signal in other.signals))
        assert {"kind": "cheered", "chat_id": club, "account_id": socket.user.id} in other.signals
        await socket.ask("ping")
        assert not any(signal["kind"] == "cheered" for signal in socket.signals + outside.signals)


async def test_contributed_streams_are_followed_like_chats(socket: FakeSocket, stranger: FakeClient) -> None:
    board = str(uuid4())
    async with FakeSocket(stranger, socket.address) as outside:
        await socket.ask("open_board", chat_id=board)
        await socket.until(lambda: bool(socket.events[board]))
        await outside.ask("ping")
        assert not outside.events
    await socket.cut()
    socket.events.clear()
    del socket.cursors[board]
    socket.cursors[socket.user.id] = 0
    assert (await socket.connect())["without_cursor"] == {board: 1}
    await socket.until(lambda: bool(socket.events[board]))
    assert [(event["seq"], event["kind"]) for event in socket.events[board]] == [(2, "board.drawn")]


@pytest.mark.usefixtures("app")
async def test_contributed_requests_count_towards_the_rate_of_the_account(settings: Settings) -> None:
    few = build_app(limited(settings, account="20/hour"))
    async with listening(few) as address, http_client(f"http://{address}") as http:
        anna = await FakeClient.sign_up(http)
        async with FakeSocket(anna, address) as socket:
            replies = [await socket.begin("roll", chat_id=anna.id) for _ in range(21)]
    assert replies[0]["status"] == "ok"
    assert replies[-1]["error"]["code"] == "rate_limited"


def test_models_inside_a_signal_are_sent_as_json() -> None:
    bus, received, chat = MemoryBus(), list[Mapping[str, Any]](), uuid4()
    bus.on_signal(received.append)
    bus.signal({"kind": "dealt", "to": [ChatData(chat_id=chat)]})
    assert received == [{"kind": "dealt", "to": [{"chat_id": str(chat)}]}]


async def test_the_document_describes_contributed_requests(anna: FakeClient) -> None:
    document = ok(await anna.http.get("/asyncapi.json"))
    operation = document["operations"]["roll"]
    assert operation["summary"] == "Rolls the dice."
    replies = [reply["$ref"].rpartition("/")[2] for reply in operation["reply"]["messages"]]
    assert replies == ["roll_reply", "error_reply"]
    messages, schemas = document["components"]["messages"], document["components"]["schemas"]
    assert messages["roll_reply"]["examples"] == [
        {"payload": {"reply_to": 1, "status": "ok", "data": {"value": 6, "is_followed": True}}}
    ]
    assert schemas["RollRequest"]["properties"]["data"] == {"$ref": "#/components/schemas/RollData"}
    # The module's own model has the same name as the frame would have.
    payload = schemas[messages["roll_reply"]["payload"]["$ref"].rpartition("/")[2]]
    data = schemas[payload["properties"]["data"]["$ref"].rpartition("/")[2]]
    assert (set(payload["properties"]), set(data["properties"])) == (
        {"reply_to", "status", "data"},
        {"value", "is_followed"},
    )
    signal = schemas["CheeredFrame"]["properties"]["signal"]["$ref"].rpartition("/")[2]
    assert set(schemas[signal]["properties"]) == {"kind", "chat_id", "account_id"}


def bind(action: SocketAction) -> None:
    bind_actions(Modules([Module(name="games", description="", contributes=(action,))]))


def test_an_action_that_cannot_be_served_raises_at_startup() -> None:
    with pytest.raises(ModulesError, match="'ping' is reserved"):
        bind(SocketAction("ping", ChatData, handle=think))
    with pytest.raises(ModulesError, match="'roll' has no 'board_id' in its data"):
        bind(SocketAction("roll", RollData, handle=roll, ordered_by="board_id"))
    for given in ({}, {"handle": think, "begin": deal}):
        with pytest.raises(ValueError, match="either `handle` or `begin`"):
            SocketAction("roll", BaseModel, **given)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs `handle` and `ordered_by`"):
        SocketAction("roll", RollData, handle=roll, permission=Guests())
