"""The example bot keeps a cursor of each chat, and moves it after it has handled the event."""

import asyncio
import json
from pathlib import Path

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import JSONResponse

from tests.messengers import State, load_example
from tests.servers import listening


async def test_a_chat_that_the_bot_joins_has_a_cursor_before_its_first_event(tmp_path: Path) -> None:
    file = tmp_path / "cursors.json"
    joined = {"kind": "chat.joined", "stream_id": "dice", "seq": 7, "data": {"chat_id": "yard", "event_seq": 3}}
    await load_example("bot").Bot("", "", file).take({"event": joined})
    assert json.loads(file.read_text()) == {"yard": 2, "dice": 7}


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
