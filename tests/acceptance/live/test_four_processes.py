"""Four processes on one database, and devices that are cut off and resume on another process and transport.

`MESSENGER_LIVE_SEED` picks another run. `MESSENGER_LIVE_SCALE` multiplies its messages (the gate's form is 1)."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from app.adapters.db.address import DatabaseAddress
from tests.acceptance.live.devices import Device
from tests.bus_outage import interrupt_bus
from tests.databases import fetch
from tests.fakers import FakeClient, FakeSocket, ok
from tests.server_processes import ServerProcess

SEED = int(os.environ.get("MESSENGER_LIVE_SEED", "20"))
SCALE = int(os.environ.get("MESSENGER_LIVE_SCALE", "1"))
USERS, DEVICES_EACH, CHATS, MEMBERS = 50, 2, 20, 6
MESSAGES = 150 * SCALE
"""The number of messages in each chat."""
SILENCE = 10
"""Seconds without the bus."""


@pytest.fixture
async def users(clients: list[httpx.AsyncClient]) -> list[FakeClient]:
    """Sign up all users, spread over the processes."""
    return list(await asyncio.gather(*(FakeClient.sign_up(clients[number % 4]) for number in range(USERS))))


class Chat:
    """A group in which one member sends over a stable socket, and the others come and go."""

    def __init__(
        self, owner: FakeClient, members: list[FakeClient], clients: list[httpx.AsyncClient], seed: int
    ) -> None:
        self.owner = owner
        self.members = members
        self.clients = clients
        self.random = Random(seed)
        self.out: list[FakeClient] = []
        self.id = ""

    async def open(self) -> None:
        members = [member.id for member in self.members]
        body = {"id": str(uuid4()), "type": "group", "member_ids": members}
        self.id = (await self._retry(self.owner, "POST", "/chats", body)).json()["id"]

    async def live(self) -> None:
        """Send messages, edit, react, remove members and add them again."""
        async with self._connected() as socket:
            for number in range(1, MESSAGES + 1):
                if number % 30 == 0:
                    await self._change(number)
                if number % 25 == 0:
                    await self._move_member()
                if number % 10 == 0:
                    member = self.random.choice(self.members)
                    answer = await self._retry(member, "POST", f"/chats/{self.id}/messages", {"text": f"{number}"})
                    assert answer.status_code == (404 if member in self.out else 201)
                else:
                    await self._send(socket, f"№ {number}")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[FakeSocket]:
        socket = FakeSocket(self.owner, "")
        try:
            await self._connect(socket)
            yield socket
        finally:
            await socket.cut()

    async def _connect(self, socket: FakeSocket) -> None:
        """Connects to any of the processes, to the next one if that one is too busy."""
        async with asyncio.timeout(90):
            while True:
                try:
                    await socket.connect(self.random.choice(self.clients).base_url.netloc.decode())
                    return
                except AssertionError as refusal:
                    if "'status': 503" not in str(refusal):
                        raise

    async def _send(self, socket: FakeSocket, text: str) -> None:
        message = {"chat_id": self.id, "client_msg_id": str(uuid4()), "text": text}
        async with asyncio.timeout(90):
            while True:
                try:
                    reply = await socket.begin("send", **message)
                except asyncio.CancelledError:
                    if socket.close_code is None:
                        raise
                    await self._connect(socket)
                    continue
                if reply["status"] == "ok":
                    return
                assert reply["error"]["status"] == 503

    async def _change(self, number: int) -> None:
        messages = f"/chats/{self.id}/messages"
        sent = ok(await self._retry(self.owner, "POST", messages, {"text": "будет правка"}))
        message = f"{messages}/{sent['seq']}"
        ok(await self._retry(self.owner, "PUT", f"{message}/reactions/👍"))
        ok(await self._retry(self.owner, "PATCH", message, {"text": f"правка {number}"}))
        if number % 60 == 0:
            ok(await self._retry(self.owner, "DELETE", f"{message}/reactions/👍"))
            ok(await self._retry(self.owner, "DELETE", message))

    async def _move_member(self) -> None:
        members = f"/chats/{self.id}/members"
        if self.out and self.random.random() < 0.6:
            back = self.out.pop(self.random.randrange(len(self.out)))
            ok(await self._retry(self.owner, "POST", members, {"account_ids": [back.id]}))
        else:
            gone = self.random.choice([member for member in self.members if member not in self.out])
            ok(await self._retry(self.owner, "DELETE", f"{members}/{gone.id}"))
            self.out.append(gone)

    async def _retry(self, user: FakeClient, method: str, path: str, body: Any = None) -> httpx.Response:
        """Sends a request to any of the processes, and repeats it if a lock times out on a busy machine."""
        async with asyncio.timeout(90):
            while True:
                caller = FakeClient(self.random.choice(self.clients), headers=user.headers)
                answer = await caller.call(method, path, body)
                if answer.status_code != 503:
                    return answer


@pytest.mark.parametrize("silent_for", [0, SILENCE])
async def test_every_device_applies_the_logs_of_its_streams(
    silent_for: int,
    users: list[FakeClient],
    clients: list[httpx.AsyncClient],
    four_servers: list[ServerProcess],
    shared_database: DatabaseAddress,
) -> None:
    """In order, no duplicates, no gaps, and no events of others. Also if the bus between the processes is down for some
    seconds."""
    random = Random(SEED)
    chats = []
    for number in range(CHATS):
        owner, *members = random.sample(users, MEMBERS)
        chats.append(Chat(owner, members, clients, SEED + number))
    stop, addresses = asyncio.Event(), [server.address for server in four_servers]
    devices = [
        Device(user, addresses, Random(SEED * 1000 + number * 10 + n))
        for number, user in enumerate(users)
        for n in range(DEVICES_EACH)
    ]
    async with asyncio.TaskGroup() as group:
        for device in devices:
            group.create_task(device.switch_transports(stop))
        for chat in chats:
            await chat.open()
        async with asyncio.TaskGroup() as talking:
            for chat in chats:
                talking.create_task(chat.live())
            if silent_for:
                talking.create_task(interrupt_bus(shared_database, silent_for))
        stop.set()

    logs = await read_logs(shared_database, [*(user.id for user in users), *(chat.id for chat in chats)])
    heads = {stream_id: len(log) for stream_id, log in logs.items()}
    inside = {
        user.id: [chat for chat in chats if user in (chat.owner, *chat.members) and user not in chat.out]
        for user in users
    }
    await asyncio.gather(
        *(
            device.catch_up({stream_id: heads[stream_id] for stream_id in [device.user.id, *ids_of(inside, device)]})
            for device in devices
        )
    )
    for device in devices:
        assert device.faults == []
        member_of = {chat.id for chat in chats if device.user in (chat.owner, *chat.members)}
        assert device.applied.keys() <= member_of | {device.user.id}
        for stream_id, applied in device.applied.items():
            is_out = stream_id != device.user.id and stream_id not in ids_of(inside, device)
            check_against_log(device, logs[stream_id], applied, is_out=is_out)
    assert {way for device in devices for way in device.transports_used} == {"_by_socket", "_by_sse", "_by_polls"}
    assert sum(heads[chat.id] for chat in chats) > CHATS * MESSAGES


def ids_of(inside: dict[str, list[Chat]], device: Device) -> list[str]:
    return [chat.id for chat in inside[device.user.id]]


def check_against_log(
    device: Device, log: list[dict[str, Any]], applied: list[dict[str, Any]], *, is_out: bool
) -> None:
    """A device receives everything up to the end, or up to its last removal. A device that resumes while it is not a
    member begins again at its own `member.added`, and may ask for earlier events by number."""
    comings = [(event["seq"], event["kind"]) for event in log if is_about(event, device.user.id)]
    end = log[-1]["seq"]
    if is_out:
        end = comings[-1][0]
    seqs = [event["seq"] for event in applied]
    assert seqs[-1] <= end
    assert is_out or seqs[-1] == end
    for before, after in pairwise(seqs):
        if after != before + 1:
            assert (after, "member.added") in comings
            assert any(kind == "member.removed" and before <= seq < after for seq, kind in comings)
    for event in applied:
        stored = log[event["seq"] - 1]
        assert (event["seq"], event["kind"]) == (stored["seq"], stored["kind"])
        if event["data"] != stored["data"]:
            # A later change of the message removed its text from the event, or replaced it.
            assert event["data"] | {"text": ""} == stored["data"] | {"text": ""}
            assert stored["data"]["text"] in texts_after(event, log)
    for (gone, kind), (back, _) in pairwise(comings):
        if kind == "member.removed":
            for seq in range(gone + 1, back):
                received_at = device.received_at.get((applied[0]["stream_id"], seq))
                assert received_at is None or received_at >= log[back - 1]["at"].timestamp()


def texts_after(event: dict[str, Any], log: list[dict[str, Any]]) -> list[str]:
    """Returns the texts that an event of a message may hold since the message was changed."""
    later = [other["data"] for other in log[event["seq"] :] if other["kind"] in ("message.edited", "message.deleted")]
    texts = [data["text"] for data in later if data["id"] == event["data"]["id"]]
    return ["", *texts] if texts else []


def is_about(event: dict[str, Any], account_id: str) -> bool:
    return event["kind"] in ("member.added", "member.removed") and event["data"]["account_id"] == account_id


async def read_logs(database: DatabaseAddress, stream_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    rows = await fetch(
        database,
        "SELECT stream_id, seq, kind, data, at FROM event WHERE stream_id = ANY($1) ORDER BY stream_id, seq",
        stream_ids,
    )
    logs: dict[str, list[dict[str, Any]]] = {stream_id: [] for stream_id in stream_ids}
    for row in rows:
        logs[str(row["stream_id"])].append({**row, "data": orjson.loads(row["data"])})
    for log in logs.values():
        assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    return logs
