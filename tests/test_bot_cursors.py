"""The example bot keeps a cursor of each chat, and moves it after it has handled the event."""

import asyncio
import json
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import JSONResponse

from tests.messengers import State, load_example
from tests.servers import listening


async def test_a_chat_that_the_bot_joins_has_a_cursor_before_its_first_event(tmp_path: Path) -> None:
    file = tmp_path / "cursors.json"
    await load_example("bot").Bot("", "", file).take({"event": _own(7, "chat.joined", event_seq=3)})
    assert json.loads(file.read_text()) == {"yard": 2, "dice": 7}


@pytest.mark.parametrize("is_last_first", [True, False])
async def test_the_cursor_of_a_chat_that_the_bot_has_left_is_removed_after_its_last_event(
    tmp_path: Path, is_last_first: bool
) -> None:
    file = tmp_path / "cursors.json"
    file.write_text(json.dumps({"yard": 2, "dice": 7}))
    bot = load_example("bot").Bot("", "", file)
    left = _own(8, "chat.left", event_seq=4)
    events = [_in_the_yard(3, "member.added"), _in_the_yard(4, "member.removed")]
    events.insert(2 if is_last_first else 0, left)
    for event in events[:-1]:
        await bot.take({"event": event})
        assert "yard" in json.loads(file.read_text())
    await bot.take({"event": events[-1]})
    assert json.loads(file.read_text()) == {"dice": 8}


async def test_the_cursor_of_a_chat_that_the_bot_has_joined_again_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "cursors.json"
    file.write_text(json.dumps({"yard": 2, "dice": 7}))
    bot = load_example("bot").Bot("", "", file)
    for event in (_own(8, "chat.left", event_seq=4), _own(9, "chat.joined", event_seq=6)):
        await bot.take({"event": event})
    for seq, kind in ((3, "member.added"), (4, "member.removed"), (5, "chat.updated")):
        await bot.take({"event": _in_the_yard(seq, kind)})
        assert json.loads(file.read_text()) == {"yard": seq, "dice": 9}


async def test_a_chat_that_the_bot_left_before_its_cursor_keeps_its_cursor(tmp_path: Path) -> None:
    file = tmp_path / "cursors.json"
    file.write_text(json.dumps({"yard": 9, "dice": 7}))
    await load_example("bot").Bot("", "", file).take({"event": _own(8, "chat.left", event_seq=4)})
    assert json.loads(file.read_text()) == {"yard": 9, "dice": 8}


async def test_a_gap_of_the_bots_own_stream_hides_which_chats_it_has_left(tmp_path: Path) -> None:
    file = tmp_path / "cursors.json"
    file.write_text(json.dumps({"yard": 2, "dice": 7}))
    bot = load_example("bot").Bot("", "", file)
    bot.account_id = "dice"
    await bot.take({"event": _own(8, "chat.left", event_seq=4)})
    await bot.take({"gap": {"stream_id": "dice", "first_seq": 20, "last_seq": 30}})
    await bot.take({"event": _in_the_yard(4, "member.removed")})
    assert json.loads(file.read_text()) == {"yard": 4, "dice": 30}


async def test_a_command_that_an_ended_key_could_not_answer_is_left_for_the_next_key(tmp_path: Path) -> None:
    """What has arrived is handled after the revocation, before the close of the socket is seen."""
    app, file = FastAPI(), tmp_path / "cursors.json"
    message = {"chat_id": "club", "seq": 1, "text": "/roll", "sender_id": "eve"}
    frame = {"event": {"stream_id": "club", "seq": 3, "kind": "message.created", "data": message}}
    answers: list[str] = []

    @app.get("/api/v1/accounts/me")
    def me() -> State:
        return {"id": "dice", "event_seq": 1}

    @app.post("/api/v1/chats/club/messages")
    def store(request: Request) -> Response:
        answers.append(request.headers["authorization"])
        return JSONResponse({}, 401 if answers[-1] == "Bearer ended" else 201)

    @app.websocket("/api/v1/ws")
    async def connect(socket: WebSocket) -> None:
        await socket.accept()
        cursors = (await socket.receive_json())["data"]["cursors"]
        await socket.send_json({"reply_to": 1, "status": "ok", "data": {"without_cursor": {"club": 2}}})
        if cursors.get("club", 2) < 3:
            await socket.send_json(frame)
        await socket.close(4403)

    async with listening(app, http="h11", ws="websockets-sansio") as address:
        for key in ("ended", "next"):
            await asyncio.wait_for(load_example("bot").Bot(f"http://{address}", key, file).run(), 30)
    assert answers == ["Bearer ended", "Bearer next"]
    assert json.loads(file.read_text())["club"] == 3


def _own(seq: int, kind: str, event_seq: int) -> State:
    return {"stream_id": "dice", "seq": seq, "kind": kind, "data": {"chat_id": "yard", "event_seq": event_seq}}


def _in_the_yard(seq: int, kind: str) -> State:
    return {"stream_id": "yard", "seq": seq, "kind": kind, "data": {}}
