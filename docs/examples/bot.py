"""A bot that rolls dice: it answers each message `/roll` or `/roll 20`, exactly once, whatever happens to it.

    pip install websockets
    python bot.py http://localhost:8788 mbk_... cursors.json

The key needs the scopes `profile:read`, `messages:read` and `messages:write`. The file keeps the sequence number of the
last event that the bot has handled in each stream. It writes nothing else, so it can be stopped and started again.
"""

import asyncio
import json
import random
import sys
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import UUID, uuid5

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

API = "/api/v1"
# The server refuses what this program sends, or the key lacks a scope: reconnecting does not help.
FINAL_CODES = (1002, 1007, 1008, 1009, 4400, 4403, 4409)
NOT_SIGNED_IN = 4401
ANSWERS = UUID("0f5d3c1e-8a47-4f0b-9c55-7c1f3f6f2a10")
Json = dict[str, Any]


class Bot:
    """Follows all chats of the bot and answers commands."""

    def __init__(self, base: str, key: str, file: Path) -> None:
        self.base, self.key, self.file = base, key, file
        self.cursors: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        # The last event of each chat that the bot has left, until it is handled.
        self.ends: dict[str, int] = {}
        self.account_id = ""
        self.pause = 0.1

    async def run(self) -> None:
        """Returns when reconnecting is useless."""
        while True:
            code = None
            try:
                if not self.account_id:
                    me = await asyncio.to_thread(self.call, "/accounts/me")
                    self.account_id = me["id"]
                    # With a cursor of this stream, the server says where the streams without a cursor start.
                    self.keep({me["id"]: me["event_seq"]} | self.cursors)
                async with connect(self.base.replace("http", "ws", 1) + API + "/ws") as socket:
                    hello = {"token": self.key, "cursors": self.cursors}
                    await socket.send(json.dumps({"id": 1, "action": "hello", "data": hello}))
                    async for text in socket:
                        await self.take(json.loads(text))
            except ConnectionClosed as error:
                code = error.rcvd.code if error.rcvd else None
                if code == NOT_SIGNED_IN:
                    # Either hello came too late, or the key is revoked: the next call says which.
                    self.account_id = ""
            except HTTPError as error:
                if error.code in (401, 403):
                    print(f"the server does not accept the key: {error.code}", file=sys.stderr)
                    return
            except (OSError, HTTPException, InvalidHandshake):
                pass
            if code in FINAL_CODES:
                print(f"the server has closed the connection: {code}", file=sys.stderr)
                return
            # A restart disconnects all clients at the same moment: spread their return.
            await asyncio.sleep(self.pause * random.uniform(0.5, 1.5))
            self.pause = min(self.pause * 2, 10)

    async def take(self, frame: Json) -> None:
        """Handles one frame."""
        if frame.get("reply_to") == 1 and frame["status"] == "ok":
            self.pause = 0.1
            self.keep(frame["data"]["without_cursor"] | self.cursors)
        elif "event" in frame:
            event = frame["event"]
            if event["kind"] == "message.created":
                await self.answer(event["data"])
            elif event["kind"] == "chat.joined":
                self.ends.pop(event["data"]["chat_id"], None)
                self.keep({event["data"]["chat_id"]: event["data"]["event_seq"] - 1} | self.cursors)
            elif event["kind"] == "chat.left":
                chat_id, last_seq = event["data"]["chat_id"], event["data"]["event_seq"]
                # Otherwise the bot is in the chat again.
                if self.cursors.get(chat_id, 0) <= last_seq:
                    self.ends[chat_id] = last_seq
            # After the answer: a bot that stops in between answers again, and the server stores the answer once.
            self.keep({event["stream_id"]: event["seq"]})
        elif "gap" in frame:
            # The bot was stopped for longer than the server keeps events. It goes on from here.
            if frame["gap"]["stream_id"] == self.account_id:
                # The bot may be in these chats again.
                self.ends.clear()
            self.keep({frame["gap"]["stream_id"]: frame["gap"]["last_seq"]})

    async def answer(self, message: Json) -> None:
        """Answers a command of another account."""
        command, _, sides = (message["text"] or "").partition(" ")
        if command != "/roll" or message["sender_id"] == self.account_id:
            return
        # The same for the same message, so that a repeated answer is the same message.
        answer_id = uuid5(ANSWERS, f"{message['chat_id']} {message['seq']}")
        highest = min(int(sides), 1000) if sides.isdecimal() and int(sides) > 0 else 6
        number = random.Random(answer_id.int).randint(1, highest)
        body = {"client_msg_id": str(answer_id), "text": f"🎲 {number}", "reply_to_seq": message["seq"]}
        await self.send(message["chat_id"], body)

    async def send(self, chat_id: str, body: Json) -> None:
        """Sends a message until the server has answered. Raises HTTPError if the key has ended."""
        while True:
            wait = "1"
            try:
                await asyncio.to_thread(self.call, f"/chats/{chat_id}/messages", body)
                return
            except HTTPError as error:
                if error.code == 401:
                    # The key has ended. The cursor stays before the command, which the next key answers.
                    raise
                if error.code != 429 and error.code < 500:
                    # The bot may not write there, or not any more.
                    print(f"{chat_id}: {error.code}", file=sys.stderr)
                    return
                wait = error.headers.get("Retry-After", wait)
            except (OSError, HTTPException):
                pass
            # A proxy may name a date.
            await asyncio.sleep(int(wait) if wait.isdecimal() else 1)

    def call(self, path: str, body: Json | None = None) -> Json:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        request = Request(self.base + API + path, json.dumps(body).encode() if body else None, headers)
        with urlopen(request, timeout=10) as response:
            return dict(json.load(response))

    def keep(self, cursors: dict[str, int]) -> None:
        """Stores cursors, except those of chats that have ended. The file is replaced, never half written."""
        self.cursors |= cursors
        for chat_id, last_seq in list(self.ends.items()):
            if self.cursors.get(chat_id, last_seq) >= last_seq:
                self.cursors.pop(chat_id, None)
                del self.ends[chat_id]
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.cursors))
        new.replace(self.file)


if __name__ == "__main__":
    asyncio.run(Bot(sys.argv[1], sys.argv[2], Path(sys.argv[3])).run())
