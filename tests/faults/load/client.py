"""A user with one device who sends messages over the socket and over HTTP, and retries until each is settled."""

import asyncio
from random import Random
from typing import Any
from uuid import UUID

from tests.faults.history import Answered, History, Refused, Requested, Unknown
from tests.faults.load.device import Device
from tests.faults.load.socket import NoAnswer
from tests.faults.load.user import AGAIN, User

_BY_SOCKET = 0.75
_TWICE = 0.01
_ONCE_MORE = 0.02
"""The share of answered messages that are sent again, as by a client that has lost the answer."""


class Client:
    def __init__(self, user: User, history: History) -> None:
        self.user = user
        self.device = Device(user.username, user, history)
        self.random: Random = user.random
        self._history = history

    async def send(self, chat: str, text: str, **fields: Any) -> int:
        """Returns the sequence number of the stored message, 0 if it was refused."""
        client_msg_id = str(UUID(int=self.random.getrandbits(128), version=4))
        message = {"client_msg_id": client_msg_id, "text": text, **fields}
        self._history.note(Requested(self.user.id, chat, client_msg_id))
        pause = 0.05
        while True:
            # Sometimes twice at once, as by a user who taps twice.
            attempts = 2 if self.random.random() < _TWICE else 1
            outcomes = await asyncio.gather(*(self._attempt(chat, message) for _ in range(attempts)))
            if settled := [outcome for outcome in outcomes if outcome is not None]:
                break
            await self.user.pause(pause)
            pause = min(pause * 2, 2.0)
        seq = max(settled)
        if seq and self.random.random() < _ONCE_MORE:
            await self._attempt(chat, message)
        return seq

    async def _attempt(self, chat: str, message: dict[str, Any]) -> int | None:
        """Returns the sequence number, 0 if it is refused for good, None if that is not known yet."""
        client_msg_id = message["client_msg_id"]
        try:
            if self.device.connected.is_set() and self.random.random() < _BY_SOCKET:
                status, code, body, replayed = await self._by_socket(chat, message)
            else:
                status, code, body, replayed = await self._by_http(chat, message)
        except NoAnswer as error:
            self._history.note(Unknown(client_msg_id, str(error)))
            return None
        if status < 300:
            self._history.note(Answered(client_msg_id, body["id"], body["seq"], replayed))
            return int(body["seq"])
        if status in AGAIN:
            self._history.note(Unknown(client_msg_id, code))
            return None
        self._history.note(Refused(client_msg_id, code))
        return 0

    async def _by_socket(self, chat: str, message: dict[str, Any]) -> tuple[int, str, Any, bool]:
        reply = await self.device.ask("send", chat_id=chat, **message)
        if reply["status"] == "ok":
            return 200, "", reply["data"], False
        return reply["error"]["status"], reply["error"]["code"], None, False

    async def _by_http(self, chat: str, message: dict[str, Any]) -> tuple[int, str, Any, bool]:
        answer = await self.user.call("POST", f"/chats/{chat}/messages", message)
        if answer.status < 300:
            return answer.status, "", answer.json, answer.status == 200
        return answer.status, answer.code, None, False
