"""A WebSocket client that receives every event exactly once, however often its connection breaks.

    pip install websockets
    python realtime_client.py http://localhost:8788 LOGIN PASSWORD [CHAT_ID]

Prints each event as a line of JSON. With a CHAT_ID, each line of the standard input is sent there.
"""

# Longer than 250 lines: a client to copy is one file.

import asyncio
import json
import random
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from itertools import islice
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

API = "/api/v1"
NOT_SIGNED_IN = 4401
# The server refuses what this client sends, the key lacks a scope, or the account has opened too many sockets.
FINAL_CODES = (1002, 1007, 1008, 1009, 4400, 4403, 4409)
ANSWER_WITHIN_S = 10
# Less than AUTH_REFRESH_REUSE_S: a refresh whose answer is lost gets the same answer for so long.
REFRESH_WITHIN_S = 4
# Messages that are sent before the first of them is answered. The server closes a socket after some hundred refusals,
# of which it forgives five a second.
SENT_AT_ONCE = 5
Json = dict[str, Any]


class SessionEnded(Exception):
    """The user has to sign in again."""


class Messenger:
    """The chats of one account, as in `GET /chats`, and its streams.

    `cursors` are the sequence numbers of the events passed to `on_event`: store both in the same place.
    """

    def __init__(self, base: str, tokens: Json, on_event: Callable[[Json], None]) -> None:
        self.base, self.tokens, self.on_event = base, tokens, on_event
        self.account_id = ""
        self.chats: dict[str, Json] = {}
        self.cursors: dict[str, int] = {}
        # The last event of each chat that the account has left, until it is handled.
        self._ends: dict[str, int] = {}
        self._unanswered: dict[str, tuple[Json, asyncio.Future[Json]]] = {}
        self._sent: set[str] = set()
        self._waiting: asyncio.Task[None] | None = None
        self._socket: Any = None
        self._pause = 0.1

    async def load(self) -> None:
        """Reads the state and its sequence numbers. Later changes come as events."""
        me = await self.call("/accounts/me")
        chats: dict[str, Json] = {}
        path: str | None = "/chats?limit=200"
        while path:
            page = await self.call(path)
            chats |= {chat["id"]: chat for chat in page["items"]}
            path = page["next_cursor"] and f"/chats?limit=200&cursor={page['next_cursor']}"
        # Known chats that moved while the list was read may be on none of its pages.
        for chat_id in self.chats.keys() - chats.keys():
            await self._read_chat(chat_id)
        self.account_id, self.chats = me["id"], self.chats | chats
        # The account may be in these chats again.
        self._ends.clear()
        self.cursors[me["id"]] = me["event_seq"]
        for chat in chats.values():
            self.cursors.setdefault(chat["id"], chat["event_seq"])

    async def run(self) -> None:
        """Never returns. Raises an error after which reconnecting is useless."""
        code = None
        try:
            while True:
                try:
                    if code == NOT_SIGNED_IN:
                        await self._refresh(self.tokens)
                        code = None
                    async with connect(self.base.replace("http", "ws", 1) + API + "/ws") as socket:
                        await self._talk(socket)
                except (OSError, HTTPException, InvalidHandshake, ConnectionClosed) as error:
                    code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else code
                    if code in FINAL_CODES:
                        raise
                finally:
                    self._socket = None
                # A restart disconnects all clients at the same moment: spread their return.
                await asyncio.sleep(self._pause * random.uniform(0.5, 1.5))
                self._pause = min(self._pause * 2, 10)
        except Exception as error:
            # No more answers will come: fail all waiting calls.
            for _, answer in self._unanswered.values():
                if not answer.done():
                    answer.set_exception(error)
            self._unanswered.clear()
            raise

    async def send(self, chat_id: str, text: str) -> Json:
        """The stored message. It is sent until there is an answer, and stored once."""
        message_id = str(uuid4())
        data = {"chat_id": chat_id, "client_msg_id": message_id, "text": text}
        frame = {"id": message_id, "action": "send", "data": data}
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._unanswered[message_id] = frame, answer
        await self._put()
        return await answer

    async def call(self, path: str) -> Json:
        """One GET of the REST API. Refreshes an expired token."""
        tokens = self.tokens
        try:
            return await asyncio.to_thread(call, self.base, path, tokens["access_token"])
        except HTTPError as error:
            if error.code != 401:
                raise
        await self._refresh(tokens)
        return await asyncio.to_thread(call, self.base, path, self.tokens["access_token"])

    async def _refresh(self, tokens: Json) -> None:
        """Replaces these tokens by a new pair, unless that has happened already. Raises SessionEnded."""
        if tokens is not self.tokens:
            return
        refresh = partial(call, self.base, "/accounts/refresh", body={"refresh_token": tokens["refresh_token"]})
        try:
            try:
                self.tokens = await asyncio.to_thread(refresh, within=REFRESH_WITHIN_S)
            except (OSError, HTTPException) as error:
                if isinstance(error, HTTPError) and error.code < 500:
                    raise
                # The token may be spent: repeat it at once.
                self.tokens = await asyncio.to_thread(refresh)
        except HTTPError as error:
            if error.code == 401:
                raise SessionEnded from error
            raise

    async def _talk(self, socket: Any) -> None:
        hello = {"token": self.tokens["access_token"], "cursors": self.cursors}
        await socket.send(json.dumps({"id": "hello", "action": "hello", "data": hello}))
        async for text in socket:
            frame = json.loads(text)
            if frame.get("reply_to") == "hello" and frame["status"] == "ok":
                self._socket, self._pause = socket, 0.1
                # Chats that moved while the list was read, and so were on none of its pages.
                for stream_id, seq in frame["data"]["without_cursor"].items():
                    await self._read_chat(stream_id)
                    self.cursors.setdefault(stream_id, seq)
                self._sent.clear()
                await self._put()
            elif "event" in frame:
                await self._take(frame["event"])
            elif "signal" in frame:
                self._on_signal(frame["signal"])
            elif "gap" in frame:
                await self._read_again(frame["gap"])
            elif frame.get("reply_to") in self._unanswered:
                await self._answer(frame)

    async def _take(self, event: Json) -> None:
        stream_id, seq = event["stream_id"], event["seq"]
        if seq <= self.cursors.get(stream_id, 0):
            return
        if stream_id == self.account_id:
            await self._take_own(event["kind"], event["data"])
        elif (chat := self.chats.get(stream_id)) and seq > chat["event_seq"]:
            if may_change_mentions(chat, event, self.account_id) or names_no_change(event):
                # The event does not say what the message mentioned before, or which other field has changed.
                await self._read_chat(stream_id)
            else:
                apply_event(chat, event, self.account_id)
        self.on_event(event)
        self._move(stream_id, seq)

    def _move(self, stream_id: str, seq: int) -> None:
        """Moves a cursor, and removes those of chats that have ended: the server accepts a limited number of them."""
        self.cursors[stream_id] = seq
        for chat_id, last_seq in list(self._ends.items()):
            if self.cursors.get(chat_id, last_seq) >= last_seq:
                self.cursors.pop(chat_id, None)
                del self._ends[chat_id]

    async def _take_own(self, kind: str, data: Json) -> None:
        chat = self.chats.get(data.get("chat_id", ""))
        if kind == "chat.joined":
            # Set a cursor now: if the connection breaks before the first event, the chat must not start at its head.
            self.cursors.setdefault(data["chat_id"], data["event_seq"] - 1)
            self._ends.pop(data["chat_id"], None)
            await self._read_chat(data["chat_id"])
        elif kind == "chat.left":
            # Otherwise the account is in the chat again.
            if self.cursors.get(data["chat_id"], 0) <= data["event_seq"]:
                self._ends[data["chat_id"]] = data["event_seq"]
            if chat and chat["event_seq"] <= data["event_seq"]:
                del self.chats[chat["id"]]
        elif kind == "read.moved" and chat and data["read_seq"] > chat["read_seq"]:
            if data["read_seq"] == chat["last_seq"]:
                mark_all_read(chat, data["read_seq"])
            else:
                # No event says how many of the messages in between are deleted.
                await self._read_chat(chat["id"])
        elif kind == "chat.settings_changed" and chat:
            chat["settings"] = {name: value for name, value in data.items() if name != "chat_id"}

    async def _read_chat(self, chat_id: str) -> None:
        """Reads the state of one chat. It includes the events up to its `event_seq`."""
        try:
            self.chats[chat_id] = await self.call(f"/chats/{chat_id}")
        except HTTPError as error:
            if error.code != 404:
                raise
            self.chats.pop(chat_id, None)

    async def _read_again(self, gap: Json) -> None:
        # A client that stores messages of this chat reads them again too: GET /chats/{id}/messages.
        if gap["stream_id"] == self.account_id:
            await self.load()
        else:
            await self._read_chat(gap["stream_id"])
        self._move(gap["stream_id"], gap["last_seq"])

    def _on_signal(self, signal: Json) -> None:
        chat = self.chats.get(signal.get("chat_id", ""))
        if signal["kind"] == "receipt" and chat:
            chat["others_read_seq"] = max(chat["others_read_seq"], signal["read_seq"])

    async def _answer(self, reply: Json) -> None:
        message_id = reply["reply_to"]
        self._sent.discard(message_id)
        if reply["status"] == "error" and reply["error"]["status"] in (429, 503):
            # Not stored, or unknown: repeat it with the same client_msg_id.
            if self._waiting is None:
                self._waiting = asyncio.create_task(self._wait(reply["error"].get("retry_after", 1)))
            return
        _, answer = self._unanswered.pop(message_id)
        # Otherwise the caller has given up.
        if not answer.done():
            if reply["status"] == "ok":
                answer.set_result(reply["data"])
            else:
                answer.set_exception(RuntimeError(reply["error"]["detail"]))
        await self._put()

    async def _wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._waiting = None
        await self._put()

    async def _put(self) -> None:
        """Sends what has no answer yet. Without a connection, it is sent after the next hello."""
        socket = self._socket
        if socket is None or self._waiting is not None:
            return
        unsent = (frame for message_id, (frame, _) in self._unanswered.items() if message_id not in self._sent)
        frames = list(islice(unsent, SENT_AT_ONCE - len(self._sent)))
        self._sent.update(frame["id"] for frame in frames)
        with suppress(ConnectionClosed):
            for frame in frames:
                await socket.send(json.dumps(frame))


def apply_event(chat: Json, event: Json, account_id: str) -> None:
    """Applies the next event of its stream to a chat as in `GET /chats/{id}`."""
    kind, data, last = event["kind"], event["data"], chat["last_message"]
    is_own, is_of_last = data.get("account_id") == account_id, last is not None and data.get("seq") == last["seq"]
    chat["event_seq"] = event["seq"]
    if kind == "message.created":
        chat["last_seq"], chat["last_message"] = data["seq"], {**data}
        if data["sender_id"] == account_id:
            # A message also moves its sender's read position, without another event.
            mark_all_read(chat, data["seq"])
        else:
            chat["others_read_seq"] = max(chat["others_read_seq"], data["seq"])
            chat["unread_count"] += 1
            if mentions(data, account_id):
                chat["unread_mention_count"] += 1
    elif kind in ("message.edited", "message.updated", "message.deleted"):
        if kind == "message.deleted" and data["seq"] > chat["read_seq"]:
            chat["unread_count"] -= 1
        if is_of_last:
            mine = {reaction["emoji"] for reaction in last["reactions"] if reaction["mine"]}
            reactions = [{**reaction, "mine": reaction["emoji"] in mine} for reaction in data["reactions"]]
            chat["last_message"] = {**data, "reactions": reactions}
    elif kind in ("reaction.added", "reaction.removed") and is_of_last:
        by_emoji = {reaction["emoji"]: reaction for reaction in last["reactions"]}
        reaction = by_emoji.setdefault(data["emoji"], {"emoji": data["emoji"], "mine": False})
        reaction["count"] = data["count"]
        if is_own:
            reaction["mine"] = kind == "reaction.added"
        last["reactions"] = [reaction for reaction in by_emoji.values() if reaction["count"]]
    elif kind == "member.added":
        chat["member_count"] += 1
        if is_own:
            chat["role"] = data["role"]
            mark_all_read(chat, chat["last_seq"])
    elif kind == "member.removed":
        chat["member_count"] -= 1
    elif kind == "member.changed" and is_own:
        chat["role"] = data["role"]
    elif kind == "chat.updated":
        chat |= {name: data[name] for name in ("title", "description", "owner_id") if name in data}
        chat["updated_at"] = event["at"]


def mark_all_read(chat: Json, seq: int) -> None:
    chat["read_seq"], chat["unread_count"] = seq, 0
    # A server without the module `entities` counts no mentions.
    if "unread_mention_count" in chat:
        chat["unread_mention_count"] = 0


def mentions(message: Json, account_id: str) -> bool:
    """Returns True if a message of another account mentions this one."""
    return any(
        entity["type"] == "mention_all" or entity.get("account_id") == account_id
        for entity in message.get("entities", ())
    )


def may_change_mentions(chat: Json, event: Json, account_id: str) -> bool:
    """Returns True if a change of an unread message may change the number of unread mentions."""
    data = event["data"]
    is_change = event["kind"] in ("message.edited", "message.deleted") and data["seq"] > chat["read_seq"]
    return is_change and (chat.get("unread_mention_count", 0) > 0 or mentions(data, account_id))


def names_no_change(event: Json) -> bool:
    """Returns True if a field of the chat has changed that events do not carry, such as the avatar."""
    return event["kind"] == "chat.updated" and set(event["data"]) <= {"chat_id", "actor_id"}


def entity_text(text: str, entity: Json) -> str:
    """Returns the part of a text that an entity covers. Offsets count UTF-16 code units, and Python's slices do not."""
    start, end = entity["offset"], entity["offset"] + entity["length"]
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def call(base: str, path: str, token: str = "", body: Any = None, within: float = ANSWER_WITHIN_S) -> Json:
    """One call of the REST API."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = Request(base + API + path, headers=headers, data=json.dumps(body).encode() if body else None)
    with urlopen(request, timeout=within) as response:
        return dict(json.load(response))


def read_lines(lines: "asyncio.Queue[str]", loop: asyncio.AbstractEventLoop) -> None:
    for line in sys.stdin:
        loop.call_soon_threadsafe(lines.put_nowait, line.strip())


async def main(base: str, login: str, password: str, chat_id: str = "") -> None:
    tokens = call(base, "/accounts/sign-in", body={"login": login, "password": password})
    messenger = Messenger(base, tokens, lambda event: print(json.dumps(event), flush=True))
    await messenger.load()
    lines: asyncio.Queue[str] = asyncio.Queue()
    if chat_id:
        # A daemon thread does not keep the program running.
        threading.Thread(target=read_lines, args=(lines, asyncio.get_running_loop()), daemon=True).start()
    async with asyncio.TaskGroup() as group:
        group.create_task(messenger.run())
        while True:
            await messenger.send(chat_id, await lines.get())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
