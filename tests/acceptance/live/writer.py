"""A user who changes messages and reads each change through any node."""

from dataclasses import replace
from random import Random
from typing import Any

import httpx

from tests.fakers import FakeClient, ok


def through(user: FakeClient, node: httpx.AsyncClient) -> FakeClient:
    """Returns the same user as a client of another node."""
    return replace(user, http=node)


class Writer:
    """A user in a chat of the own, who reads the own changes through any node."""

    def __init__(self, user: FakeClient, chat: dict[str, Any], nodes: list[httpx.AsyncClient], random: Random) -> None:
        self.reads = 0
        self._user = user
        self._chat = chat["id"]
        self._head = chat["event_seq"]
        self._nodes = nodes
        self._random = random
        self._texts: dict[int, str] = {}

    async def change_and_read(self) -> None:
        """Send a message or edit one, then read it in each way."""
        user = through(self._user, self._random.choice(self._nodes))
        text = f"текст {self._random.random()}"
        if self._texts and self._random.random() < 0.3:
            seq = self._random.choice(sorted(self._texts)[-20:])
            ok(await user.patch(f"/chats/{self._chat}/messages/{seq}", {"text": text}))
        else:
            seq = (await user.send(self._chat, text))["seq"]
        self._texts[seq] = text
        self._head += 1
        for read in self._random.choices([self._history, self._around, self._events], k=8):
            await read(through(self._user, self._random.choice(self._nodes)), seq)
            self.reads += 1

    async def _history(self, user: FakeClient, seq: int) -> None:
        items = ok(await user.get(f"/chats/{self._chat}/messages", limit=20))["items"]
        assert [item["text"] for item in items] == [self._texts[item["seq"]] for item in items]
        assert items[-1]["seq"] == max(self._texts)
        assert seq in [item["seq"] for item in items]

    async def _around(self, user: FakeClient, seq: int) -> None:
        items = ok(await user.get(f"/chats/{self._chat}/messages", around_seq=seq, limit=3))["items"]
        assert {item["seq"]: item["text"] for item in items}[seq] == self._texts[seq]

    async def _events(self, user: FakeClient, seq: int) -> None:
        """The last event is of the last change, and there is none after it."""
        (event,) = ok(await user.get(f"/chats/{self._chat}/events", after=self._head - 1))["items"]
        assert (event["seq"], event["data"]["seq"], event["data"]["text"]) == (self._head, seq, self._texts[seq])
