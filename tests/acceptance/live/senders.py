"""Clients that send through nodes that come and go, and repeat what was not acknowledged."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count
from random import Random
from uuid import uuid4

import httpx
from websockets.exceptions import InvalidMessage, InvalidStatus

from tests.acceptance.live.writer import through
from tests.fakers import FakeClient, FakeSocket
from tests.server_processes import ServerProcess

_BROKEN = (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""Errors of a connection. The request is repeated on another node."""
_LEAVES = "The server is shutting down"
"""The detail of the 503 with which a node answers what arrives incomplete in that moment."""
_PAUSE = 0.02
"""Seconds before a request is repeated."""


class Nodes:
    """The nodes that clients know, as a proxy does: a node that has ended is known until it is removed."""

    def __init__(self) -> None:
        self.clients: list[httpx.AsyncClient] = []
        self.answered: dict[httpx.AsyncClient, int] = {}
        self._stack = AsyncExitStack()

    async def add(self, node: ServerProcess) -> httpx.AsyncClient:
        client = httpx.AsyncClient(base_url=f"http://{node.address}", timeout=60)
        self.clients.append(await self._stack.enter_async_context(client))
        self.answered[client] = 0
        return client

    async def close(self) -> None:
        await self._stack.aclose()


def address_of(client: httpx.AsyncClient) -> str:
    return client.base_url.netloc.decode()


class Sender:
    """A user that sends one message after the other, and repeats each under its id until it is acknowledged."""

    def __init__(self, user: FakeClient, chat: str, nodes: Nodes, seed: int) -> None:
        self.user = user
        self.acknowledged: dict[str, int] = {}
        """Numbers of the messages by their ids, in the order in which they were sent."""
        self.refused: list[str] = []
        """Errors that no client may see."""
        self._chat = chat
        self._nodes = nodes
        self._random = Random(seed)

    async def send_until(self, stop: asyncio.Event) -> None:
        for number in count():
            if stop.is_set() or self.refused:
                return
            client_msg_id = str(uuid4())
            message = {"client_msg_id": client_msg_id, "text": f"{number} от {self.user.username}"}
            while client_msg_id not in self.acknowledged and not self.refused:
                seq = await self._try(message)
                if seq is None:
                    await asyncio.sleep(_PAUSE)
                else:
                    self.acknowledged[client_msg_id] = seq

    async def _try(self, message: dict[str, str]) -> int | None:
        """Sends a message to any node. Returns its number, or None if the connection broke."""
        node = self._random.choice(self._nodes.clients)
        try:
            answer = await through(self.user, node).post(f"/chats/{self._chat}/messages", message)
        except _BROKEN:
            return None
        if answer.status_code == 503 and _LEAVES in answer.text:
            return None
        if not answer.is_success:
            self.refused.append(f"{answer.status_code} {answer.text}")
            return None
        self._nodes.answered[node] += 1
        return int(answer.json()["seq"])


class SocketSender(Sender):
    """A device on a WebSocket, which goes to another node when its own one closes the socket."""

    def __init__(self, user: FakeClient, chat: str, nodes: Nodes, seed: int) -> None:
        super().__init__(user, chat, nodes, seed)
        self.socket = FakeSocket(user, address_of(nodes.clients[seed % len(nodes.clients)]))
        self.socket.cursors[chat] = 0
        self.close_codes: list[int | None] = []

    async def connect(self) -> None:
        """Connects and resumes, on any node that accepts it."""
        while True:
            try:
                await self.socket.connect()
            except (OSError, InvalidMessage):
                pass
            except InvalidStatus as refusal:
                if _LEAVES not in (refusal.response.body or b"").decode():
                    raise
            except asyncio.CancelledError:
                if self.socket.close_code is None:
                    raise
            else:
                return
            self._note_close()
            self.socket.address = address_of(self._random.choice(self._nodes.clients))
            await asyncio.sleep(_PAUSE)

    async def until(self, seq: int) -> None:
        """Waits for the event with this number, on another node if necessary."""
        await self._come_back()
        await self.socket.until(lambda: self.socket.seqs(self._chat)[-1:] >= [seq], 60)

    async def _come_back(self) -> None:
        if self.socket.close_code is not None:
            self._note_close()
            self.socket.address = address_of(self._random.choice(self._nodes.clients))
            await self.connect()

    async def _try(self, message: dict[str, str]) -> int | None:
        await self._come_back()
        try:
            reply = await self.socket.begin("send", chat_id=self._chat, **message)
        except asyncio.CancelledError:
            if self.socket.close_code is None:
                raise
            return None
        if reply["status"] != "ok":
            self.refused.append(str(reply))
            return None
        return int(reply["data"]["seq"])

    def _note_close(self) -> None:
        if self.socket.close_code is not None:
            self.close_codes.append(self.socket.close_code)
