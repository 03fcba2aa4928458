"""A client of the WebSocket that misses nothing and doubles nothing, however often its connection is cut.

    pip install websockets
    python realtime_client.py http://localhost:8788 LOGIN PASSWORD [CHAT_ID]

Prints each event as a line of JSON. With a CHAT_ID, each line of the standard input is sent there.
"""

import asyncio
import json
import random
import sys
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

API = "/api/v1"
NOT_SIGNED_IN, BAD_FRAME, TOO_LARGE, REPLACED = 4401, 4400, 1009, 4409


class Messenger:
    """One account's streams. `cursors` are the numbers of what was handed to `on_event`: keep both together."""

    def __init__(self, base: str, token: str, on_event: Callable[[dict[str, Any]], None]) -> None:
        self.base, self.token, self.on_event = base, token, on_event
        self.cursors: dict[str, int] = {}
        self._unanswered: dict[str, tuple[dict[str, Any], asyncio.Future[dict[str, Any]]]] = {}
        self._socket: Any = None

    async def load(self) -> None:
        """The state and the numbers at which it stood: what comes later comes as events."""
        me = await asyncio.to_thread(call, self.base, "/accounts/me", self.token)
        self.cursors[me["id"]] = me["event_seq"]
        page: dict[str, Any] = {"next_cursor": ""}
        while page["next_cursor"] is not None:
            path = f"/chats?limit=200&cursor={page['next_cursor']}" if page["next_cursor"] else "/chats?limit=200"
            page = await asyncio.to_thread(call, self.base, path, self.token)
            self.cursors |= {chat["id"]: chat["event_seq"] for chat in page["items"]}

    async def run(self) -> None:
        """Until the server says that connecting again is of no use."""
        pause = 0.1
        while True:
            try:
                async with connect(self.base.replace("http", "ws", 1) + API + "/ws") as socket:
                    await self._talk(socket)
                    pause = 0.1
            except (OSError, InvalidHandshake, ConnectionClosed) as error:
                code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else None
                if code in (NOT_SIGNED_IN, BAD_FRAME, TOO_LARGE, REPLACED):
                    raise
            finally:
                self._socket = None
            # Everyone was cut off by a restart at the same moment: not everyone comes back at the same moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 10)

    async def send(self, chat_id: str, text: str) -> dict[str, Any]:
        """The message as it stands in the chat. It is sent as often as it takes, and stands there once."""
        message_id = str(uuid4())
        data = {"chat_id": chat_id, "client_msg_id": message_id, "text": text}
        frame = {"id": message_id, "action": "send", "data": data}
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._unanswered[message_id] = frame, answer
        await self._put(frame)
        return await answer

    async def _talk(self, socket: Any) -> None:
        hello = {"token": self.token, "cursors": self.cursors}
        await socket.send(json.dumps({"id": "hello", "action": "hello", "data": hello}))
        async for text in socket:
            frame = json.loads(text)
            if frame.get("reply_to") == "hello" and frame["status"] == "ok":
                self._socket = socket
                for request, _ in list(self._unanswered.values()):
                    await self._put(request)
            elif "event" in frame:
                self._take(frame["event"])
            elif "gap" in frame:
                # What this stream told before `last_seq` is to be read afresh: GET /chats/{id} and its messages.
                self.cursors[frame["gap"]["stream_id"]] = frame["gap"]["last_seq"]
            elif frame.get("reply_to") in self._unanswered:
                await self._answer(frame)

    def _take(self, event: dict[str, Any]) -> None:
        if event["seq"] <= self.cursors.get(event["stream_id"], 0):
            return
        self.on_event(event)
        self.cursors[event["stream_id"]] = event["seq"]
        if event["kind"] == "chat.joined":
            # From here on the chat has a number too: a cut before its first event must not start it at its head.
            self.cursors.setdefault(event["data"]["chat_id"], event["data"]["event_seq"] - 1)

    async def _answer(self, reply: dict[str, Any]) -> None:
        frame, answer = self._unanswered[reply["reply_to"]]
        if reply["status"] == "error" and reply["error"]["status"] in (429, 503):
            # Not written, or not known whether: the same client_msg_id again settles it.
            asyncio.get_running_loop().call_later(1, lambda: asyncio.ensure_future(self._put(frame)))
            return
        del self._unanswered[reply["reply_to"]]
        if reply["status"] == "ok":
            answer.set_result(reply["data"])
        else:
            answer.set_exception(RuntimeError(reply["error"]["detail"]))

    async def _put(self, frame: dict[str, Any]) -> None:
        try:
            if self._socket is not None and frame["id"] in self._unanswered:
                await self._socket.send(json.dumps(frame))
        except ConnectionClosed:
            return  # It is sent again after the next hello.


def call(base: str, path: str, token: str = "", body: Any = None) -> dict[str, Any]:
    """One call of the REST API."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = Request(base + API + path, headers=headers, data=json.dumps(body).encode() if body else None)
    with urlopen(request, timeout=10) as response:
        return dict(json.load(response))


async def main(base: str, login: str, password: str, chat_id: str = "") -> None:
    tokens = call(base, "/accounts/sign-in", body={"login": login, "password": password})
    messenger = Messenger(base, tokens["access_token"], lambda event: print(json.dumps(event), flush=True))
    await messenger.load()
    running = asyncio.create_task(messenger.run())
    while chat_id and (line := await asyncio.to_thread(sys.stdin.readline)):
        await messenger.send(chat_id, line.strip())
    await running


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
