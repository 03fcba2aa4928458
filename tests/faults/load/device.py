"""A device of a user. It stays connected as far as possible, records events and resumes from its own cursors."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any

from tests.faults.history import Applied, Closed, Gap, History, Resumed, subject_of
from tests.faults.load.socket import NoAnswer, Socket
from tests.faults.load.user import User

_TIMEOUT = 8.0
_PROBE_PERIOD = 4.0
"""Seconds of silence after which a device sends a ping. After as many again it reconnects."""
_NOT_SIGNED_IN = 4401
_LOST: dict[str, Any] = {}
"""Takes the place of a reply that will not come."""


class Device:
    def __init__(self, name: str, user: User, history: History, cursors: Mapping[str, int] | None = None) -> None:
        self.name = name
        self.user = user
        self.cursors: dict[str, int] = dict(cursors or {user.id: 0})
        self.connected = asyncio.Event()
        self.last_code: int | None = None
        self._history = history
        self._socket: Socket | None = None
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._ids = count(1)
        self._hello: tuple[int, dict[str, int]] = 0, {}
        self._gone = asyncio.Event()
        self._has_received = self._hangs = False
        self._news = asyncio.Event()

    async def stay_connected(self) -> None:
        """Connect and reconnect until cancelled."""
        pause = 0.05
        try:
            while True:
                try:
                    await self.connect()
                    pause = 0.05
                    await self._until_gone()
                except NoAnswer:
                    pause = min(pause * 2, 2.0)
                self.cut()
                if self.last_code == _NOT_SIGNED_IN:
                    await self.user.sign_in()
                await self.user.pause(pause)
        finally:
            self.cut()

    async def connect(self) -> None:
        """Raises NoAnswer, also if a server cannot accept the hello at the moment."""
        self._gone.clear()
        self._socket = await Socket.open(*self.user.random.choice(self.user.endpoints), self._take, self._lose)
        cursors = dict(self.cursors)
        number, reply = self._begin("hello", token=self.user.token, cursors=cursors)
        self._hello = number, cursors
        refusal = (await self._answer(reply)).get("error")
        if refusal is not None:
            raise NoAnswer(str(refusal["code"]))

    async def ask(self, action: str, **data: Any) -> dict[str, Any]:
        """Returns the whole reply. Raises NoAnswer, after which a silent server is left."""
        if not self.connected.is_set():
            raise NoAnswer("not connected")
        return await self._answer(self._begin(action, **data)[1])

    async def catch_up(self, heads: Mapping[str, int], seconds: float) -> None:
        """Wait until the cursors reach these sequence numbers, or nothing comes any more. Needs `stay_connected`."""
        with suppress(TimeoutError):
            while any(self.cursors.get(stream, 0) < head for stream, head in heads.items()):
                self._news.clear()
                async with asyncio.timeout(seconds):
                    await self._news.wait()

    def cut(self) -> None:
        """Close the connection without a close frame. What was still in transit is not applied."""
        if self._socket is not None:
            self._socket.cut()

    def read(self, *, on: bool) -> None:
        """Stop reading from the socket, or go on."""
        self._hangs = not on
        if self._socket is not None and self._socket.transport is not None:
            if on:
                self._socket.transport.resume_reading()
            else:
                self._socket.transport.pause_reading()

    def _begin(self, action: str, **data: Any) -> tuple[int, asyncio.Future[dict[str, Any]]]:
        number = next(self._ids)
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        if self._socket is not None:
            self._socket.send({"id": number, "action": action, "data": data})
        return number, reply

    async def _answer(self, reply: asyncio.Future[dict[str, Any]]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_TIMEOUT):
                frame = await reply
        except TimeoutError as error:
            self.cut()
            raise NoAnswer("silence") from error
        if frame is _LOST:
            raise NoAnswer("cut")
        return frame

    async def _until_gone(self) -> None:
        silences = 0
        while not self._gone.is_set() and silences < 2:
            self._has_received = False
            try:
                async with asyncio.timeout(_PROBE_PERIOD):
                    await self._gone.wait()
            except TimeoutError:
                silences = 0 if self._has_received or self._hangs else silences + 1
                if silences:
                    self._begin("ping")

    def _take(self, frame: dict[str, Any]) -> None:
        self._has_received = True
        if (event := frame.get("event")) is not None:
            self._apply(event)
        elif (number := frame.get("reply_to")) is not None:
            if number == self._hello[0] and frame["status"] == "ok":
                self.connected.set()
                self._history.note(Resumed(self.name, self.user.id, self._hello[1]))
            reply = self._replies.pop(number, None)
            if reply is not None and not reply.done():
                reply.set_result(frame)
        elif (gap := frame.get("gap")) is not None:
            self._history.note(Gap(self.name, gap["stream_id"], gap["first_seq"], gap["last_seq"]))
            self.cursors[gap["stream_id"]] = gap["last_seq"]

    def _apply(self, event: dict[str, Any]) -> None:
        stream, seq, data = event["stream_id"], event["seq"], event["data"]
        self._history.note(Applied(self.name, stream, seq, event["kind"], subject_of(data)))
        self.cursors[stream] = max(seq, self.cursors.get(stream, 0))
        if event["kind"] == "chat.joined":
            self.cursors.setdefault(data["chat_id"], data["event_seq"] - 1)
        self._news.set()

    def _lose(self, code: int | None) -> None:
        if self.connected.is_set():
            self._history.note(Closed(self.name, code))
        self.last_code = code
        self.connected.clear()
        for reply in self._replies.values():
            if not reply.done():
                reply.set_result(_LOST)
        self._replies.clear()
        self._gone.set()
