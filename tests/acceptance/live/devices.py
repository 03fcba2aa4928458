"""Devices that change transports: each must apply the logs of its streams, whichever transport delivers the events."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from time import time
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.fakers import API, FakeClient

_COME_BACK = (1011, 1013)
"""Close codes of an overloaded server. They and 503 are allowed on a busy machine."""
_LONGEST = 8.0
"""The longest time in seconds on one transport, however few events come."""
_PAUSE, _PAUSE_OUTSIDE = 0.4, 2.0
"""Seconds between two polls of a stream, and of one that cannot be read for now."""


class Device:
    """One device of a user. It resumes from its own cursors, on any process and any transport."""

    def __init__(self, user: FakeClient, addresses: Sequence[str], random: Random) -> None:
        self.user = user
        self.addresses = addresses
        self.random = random
        self.cursors: dict[str, int] = {user.id: 0}
        self.applied: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.received_at: dict[tuple[str, int], float] = {}
        self.faults: list[str] = []
        self.transports_used: list[str] = []
        self._outside: set[str] = set()
        self._news = asyncio.Event()
        self._timeout = 0
        self._tired = asyncio.Event()

    async def switch_transports(self, stop: asyncio.Event) -> None:
        """Use WebSocket, server-sent events and long polls in turn. Each is cut after some events and then resumed."""
        transports = [(self._by_socket, 200), (self._by_sse, 40), (self._by_polls, 20)]
        turn = self.random.randrange(3)
        while not stop.is_set():
            transport, max_events = transports[turn % 3]
            turn += 1
            self.transports_used.append(transport.__name__)
            self._timeout = self.random.randint(1, max_events)
            self._tired.clear()
            await self._until_cut(transport, stop)

    async def catch_up(self, heads: dict[str, int], seconds: float = 120) -> None:
        """Resume by WebSocket until the cursors reach these sequence numbers."""
        listening = asyncio.ensure_future(self._keep_connected())
        try:
            async with asyncio.timeout(seconds):
                while any(self.cursors.get(stream_id, 0) < head for stream_id, head in heads.items()):
                    self._news.clear()
                    await self._news.wait()
        finally:
            listening.cancel()
            await asyncio.wait([listening])

    def apply(self, event: dict[str, Any]) -> None:
        stream_id, seq, kind = event["stream_id"], event["seq"], event["kind"]
        last = self.cursors.get(stream_id)
        is_own_joining = kind == "member.added" and event["data"]["account_id"] == self.user.id
        if last is not None and seq <= last:
            self.faults.append(f"{seq} of {stream_id} came after {last}")
            return
        if seq != (last or 0) + 1 and not is_own_joining:
            self.faults.append(f"{seq} of {stream_id}, {kind}, came after {last}: something is missing")
        self.cursors[stream_id] = seq
        self.applied[stream_id].append(event)
        self.received_at[stream_id, seq] = time()
        if kind == "chat.joined":
            self.cursors.setdefault(event["data"]["chat_id"], event["data"]["event_seq"] - 1)
        self._news.set()
        self._timeout -= 1
        if self._timeout <= 0:
            self._tired.set()

    async def _until_cut(self, transport: Callable[[str], Awaitable[None]], stop: asyncio.Event) -> None:
        reading = asyncio.ensure_future(transport(self.random.choice(self.addresses)))
        ends = [reading, asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self._tired.wait())]
        try:
            await asyncio.wait(ends, timeout=_LONGEST, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.wait(ends)
        if not reading.cancelled() and (error := reading.exception()) is not None:
            self.faults.append(f"{transport.__name__}: {error!r}")

    async def _keep_connected(self) -> None:
        while True:
            await self._by_socket(self.random.choice(self.addresses))

    async def _by_socket(self, address: str) -> None:
        connection = await connect(
            f"ws://{address}{API}/ws", max_size=None, compression=None, open_timeout=60, close_timeout=0.1
        )
        try:
            hello = {"token": self.user.access_token, "cursors": self.cursors}
            await connection.send(orjson.dumps({"id": 1, "action": "hello", "data": hello}).decode())
            await self._listen(connection)
        finally:
            connection.transport.abort()

    async def _listen(self, connection: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in connection:
                frame = orjson.loads(text)
                if "event" in frame:
                    self.apply(frame["event"])
                elif frame.get("status") == "error" and frame["error"]["status"] == 503:
                    return
                elif "gap" in frame or frame.get("status") == "error":
                    self.faults.append(str(text))
        if connection.close_code not in _COME_BACK:
            self.faults.append(f"the server closed with {connection.close_code}")

    async def _by_sse(self, address: str) -> None:
        await self._each_stream(address, self._read_sse)

    async def _by_polls(self, address: str) -> None:
        await self._each_stream(address, self._poll)

    async def _each_stream(self, address: str, read: Callable[[str, str], Awaitable[None]]) -> None:
        """Reads the account's own stream and every chat. A chat whose `member.added` arrives is read from then on."""
        reading: dict[str, asyncio.Task[None]] = {}

        async def keep_reading(stream_id: str) -> None:
            while True:
                await read(address, stream_id)
                await asyncio.sleep(_PAUSE_OUTSIDE if stream_id in self._outside else _PAUSE)

        try:
            while True:
                for stream_id in self.cursors:
                    if stream_id not in reading:
                        reading[stream_id] = asyncio.create_task(keep_reading(stream_id))
                await asyncio.sleep(0.05)
                for task in reading.values():
                    if task.done():
                        task.result()
        finally:
            for task in reading.values():
                task.cancel()
            await asyncio.gather(*reading.values(), return_exceptions=True)

    async def _read_sse(self, address: str, stream_id: str) -> None:
        headers = f"Accept: text/event-stream\r\nLast-Event-ID: {self.cursors[stream_id]}"
        async with self._get(address, stream_id, "", headers) as answer:
            # Each event is a chunk of its own; the sizes of chunks are on lines between them.
            while answer is not None and (line := await answer.readline()):
                if line.startswith(b"data: ") and line.endswith(b"\n"):
                    self.apply(orjson.loads(line[6:]))

    async def _poll(self, address: str, stream_id: str) -> None:
        query = f"?after={self.cursors[stream_id]}&wait=5&limit=200"
        async with self._get(address, stream_id, query, "Connection: close") as answer:
            if answer is not None:
                for event in orjson.loads(await answer.read())["items"]:
                    self.apply(event)

    @asynccontextmanager
    async def _get(
        self, address: str, stream_id: str, query: str, headers: str
    ) -> AsyncIterator[asyncio.StreamReader | None]:
        """Yields the body of the answer, None if the account is not in the chat. A library would be too slow here."""
        path = f"{API}/accounts/me/events" if stream_id == self.user.id else f"{API}/chats/{stream_id}/events"
        authorization = self.user.headers["Authorization"]
        reader, writer = await asyncio.open_connection(*address.split(":"), limit=2**20)
        try:
            request = f"GET {path}{query} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {authorization}\r\n{headers}"
            writer.write(f"{request}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            if status == 200:
                self._outside.discard(stream_id)
            elif status in (404, 503):
                # The account is not in the chat at the moment, or the server is overloaded.
                self._outside.add(stream_id)
            else:
                self.faults.append(f"answered {status}")
            yield reader if status == 200 else None
        finally:
            writer.transport.abort()
