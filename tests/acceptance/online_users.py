"""Users who are online on two devices, and what these show of all their chats."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

import httpx

from tests.acceptance.example_client import ExampleClient
from tests.fakers import FakeClient, ok
from tests.pages import pages

_PAGE = 200


@dataclass
class View:
    """What a device shows by REST of each chat."""

    chats: dict[str, Mapping[str, Any]]
    mentions: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    threads: dict[str, list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    async def read(cls, device: FakeClient) -> Self:
        view = cls({chat["id"]: chat async for page in pages(device, "/chats", _PAGE) for chat in page})
        async for page in pages(device, "/mentions", _PAGE, unread=True):
            for message in (item["message"] for item in page):
                view.mentions[message["chat_id"]].append(message["seq"])
        async for page in pages(device, "/threads", _PAGE):
            for item in page:
                shown = item["root"]["seq"], item["read_seq"], item["unread_count"]
                view.threads[item["root"]["chat_id"]].append(shown)
        return view


@dataclass
class User:
    """A user with two devices, which are online and apply events."""

    id: str
    username: str
    devices: list[FakeClient]
    clients: list[ExampleClient]
    dice: Random

    @classmethod
    @asynccontextmanager
    async def begin(cls, http: httpx.AsyncClient, address: str, dice: Random) -> AsyncIterator[Self]:
        first = await FakeClient.sign_up(http)
        devices = [first, await first.another_device().sign_in()]
        clients = [await ExampleClient.begin(device, address, dice) for device in devices]
        async with clients[0].socket, clients[1].socket:
            yield cls(first.id, first.username, devices, clients, dice)

    async def look(self) -> View:
        """Applies all events, and returns what one of the devices shows by REST."""
        device = self.dice.choice(self.devices)
        view = await View.read(device)
        heads = {chat_id: chat["event_seq"] for chat_id, chat in view.chats.items()}
        heads[self.id] = ok(await device.get("/accounts/me"))["event_seq"]
        for client in self.clients:
            await client.catch_up(heads)
        return view
