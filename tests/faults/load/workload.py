"""Users in chats: they send, edit, react and read, and are removed and added again."""

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import UUID

from tests.faults.history import ADDED, ADDING, REMOVED, REMOVING, History, Moving
from tests.faults.load.client import Client
from tests.faults.load.user import Endpoint, Unexpected, User

_HOT = 0.15
"""The share of the messages that goes to the hot chat."""
_OUTSIDE = 0.005
"""The share of messages whose sender is out of the chat at that moment; they must be refused."""
_CHANGES = 0.04
"""The share of edits, reactions and reads for one message."""
_TICK = 0.02
_MAX_UNSETTLED = 4.0
"""Messages without an outcome, in seconds of the rate. At this limit the clients wait for outcomes before they send
more."""
_AT_ONCE = 20
"""Sign-ups and connections at the same time, at the start."""


@dataclass(frozen=True, slots=True)
class Size:
    clients: int
    chats: int
    members: int
    hot_members: int


@dataclass(eq=False, slots=True)
class Chat:
    id: str
    owner: Client
    members: list[Client]
    out: list[Client] = field(default_factory=list)
    stored: deque[tuple[Client, int]] = field(default_factory=lambda: deque(maxlen=50))


class Workload:
    def __init__(self, size: Size, endpoints: Sequence[Endpoint], history: History, random: Random) -> None:
        self.clients: list[Client] = []
        self.chats: list[Chat] = []
        self.acknowledged = 0
        self.errors: list[BaseException] = []
        self._size = size
        self._endpoints = endpoints
        self._history = history
        self._random = random
        self._tasks: set[asyncio.Task[Any]] = set()
        self._connections: list[asyncio.Task[None]] = []
        self._is_over = asyncio.Event()

    async def open(self) -> None:
        """Sign up all users, connect them, and create the chats."""
        limit = asyncio.Semaphore(_AT_ONCE)

        async def join(number: int) -> Client:
            async with limit:
                user = User(f"client_{number}", self._endpoints, Random(self._random.random()))
                await user.sign_up()
                return Client(user, self._history)

        self.clients = list(await asyncio.gather(*(join(number) for number in range(self._size.clients))))
        self._connections = [asyncio.create_task(client.device.stay_connected()) for client in self.clients]
        await asyncio.gather(*(client.device.connected.wait() for client in self.clients))
        sizes = [self._size.hot_members, *[self._size.members] * (self._size.chats - 1)]

        async def open_chat(members: list[Client]) -> Chat:
            chat_id = str(UUID(int=self._random.getrandbits(128), version=4))
            ids = [member.user.id for member in members]
            async with limit:
                await members[0].user.retry("POST", "/chats", {"id": chat_id, "type": "group", "member_ids": ids})
            return Chat(chat_id, members[0], members)

        groups = [self._random.sample(self.clients, size) for size in sizes]
        self.chats = list(await asyncio.gather(*map(open_chat, groups)))

    async def talk(self, rate: float) -> None:
        """Send `rate` messages a second in all, as far as they are answered, until `settle`."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self._is_over.is_set():
            await asyncio.sleep(_TICK)
            now = loop.time()
            while due < now:
                due += 1 / rate
                if len(self._tasks) < rate * _MAX_UNSETTLED:
                    self._begin(self._send())
                    if self._random.random() < _CHANGES:
                        self._begin(self._change())

    async def move(self, period: float) -> None:
        """Remove a member from a chat, or add one again, every `period` seconds, until `settle`."""
        while not self._is_over.is_set():
            await asyncio.sleep(period)
            try:
                await self._move()
            except Unexpected as error:
                self.errors.append(error)

    async def settle(self) -> None:
        """Stop, and wait until every message has its outcome."""
        self._is_over.set()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def disconnect(self) -> None:
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for client in self.clients:
            client.user.leave()

    def streams_of(self, client: Client) -> list[str]:
        """Returns the streams that the client reads now."""
        chats = [chat.id for chat in self.chats if client in chat.members and client not in chat.out]
        return [client.user.id, *chats]

    async def _send(self) -> None:
        chat = self.chats[0] if self._random.random() < _HOT else self._random.choice(self.chats)
        outside = chat.out and self._random.random() < _OUTSIDE
        sender = self._random.choice(chat.out if outside else self._inside(chat))
        seq = await sender.send(chat.id, f"Сообщение {self._random.getrandbits(32):x}, по порядку")
        if seq:
            self.acknowledged += 1
            chat.stored.append((sender, seq))

    async def send_file(self, sender: Client, attachment_id: str) -> User:
        """Sends a file to a chat of its owner. Returns a user who may read it from now on.

        Nothing else happens to this message: its deletion would delete the file."""
        chats = [chat for chat in self.chats if sender in self._inside(chat)]
        if not chats:
            return sender.user
        chat = self._random.choice(chats)
        if not await sender.send(chat.id, "Файл", attachments=[attachment_id]):
            return sender.user
        self.acknowledged += 1
        return chat.owner.user

    async def _change(self) -> None:
        """Makes one change. It may be refused: the member was removed meanwhile, or the message is deleted."""
        chat = self._random.choice(self.chats)
        if not chat.stored:
            return
        sender, seq = self._random.choice(chat.stored)
        reader = self._random.choice(self._inside(chat))
        message = f"/chats/{chat.id}/messages/{seq}"
        await self._random.choice(
            (
                lambda: sender.user.retry("PATCH", message, {"text": f"Правка {seq}"}, also=(404, 409)),
                lambda: reader.user.retry("PUT", f"{message}/reactions/{quote('👍')}", also=(404, 409)),
                lambda: reader.user.retry("DELETE", f"{message}/reactions/{quote('👍')}", also=(404, 409)),
                lambda: reader.user.retry("PUT", f"/chats/{chat.id}/read", {"seq": seq}, also=(404,)),
                lambda: chat.owner.user.retry("DELETE", message, also=(404,)),
            )
        )()

    async def _move(self) -> None:
        chat = self._random.choice(self.chats)
        members = f"/chats/{chat.id}/members"
        if chat.out and self._random.random() < 0.6:
            client = self._random.choice(chat.out)
            self._note(chat, client, ADDING)
            await chat.owner.user.retry("POST", members, {"account_ids": [client.user.id]})
            self._note(chat, client, ADDED)
            chat.out.remove(client)
        else:
            client = self._random.choice(self._inside(chat))
            if client is chat.owner:
                return
            chat.out.append(client)
            self._note(chat, client, REMOVING)
            # 404: an attempt without an answer had succeeded.
            await chat.owner.user.retry("DELETE", f"{members}/{client.user.id}", also=(404,))
            self._note(chat, client, REMOVED)

    def _note(self, chat: Chat, client: Client, step: str) -> None:
        self._history.note(Moving(chat.id, client.user.id, step))

    @staticmethod
    def _inside(chat: Chat) -> list[Client]:
        return [member for member in chat.members if member not in chat.out]

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.errors.append(error)
