"""A third node joins, and the first one ends by SIGTERM, while users send over REST and WebSocket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from anyio import to_thread

from app.adapters.db.address import DatabaseAddress
from app.settings import PROJECT_ROOT
from tests.acceptance.live.senders import Nodes, Sender, SocketSender
from tests.acceptance.live.writer import through
from tests.fakers import FakeClient, eventually, ok
from tests.nats_server import NatsServer
from tests.server_processes import ServerProcess

SENDERS = 3
"""Users that send over REST, and as many that send over WebSocket."""
EACH = 15
"""Messages that each of them sends at least before, between and after the changes."""


class Site(NamedTuple):
    """Where nodes run. `peers`: with how many others each of two nodes shares the sends."""

    make_node: Callable[[str], ServerProcess]
    peers: int


@pytest.fixture(params=["on machines apart, with NATS", "on one machine"])
def site(request: pytest.FixtureRequest, shared_database: DatabaseAddress) -> Iterator[Site]:
    """Starts nodes. On one machine they form a group: the first one, which leaves, writes all chats."""
    # Unix sockets are in it: the path of pytest's own folders may be too long.
    with TemporaryDirectory(prefix="site-") as folder:
        here = Path(folder)
        nodes: list[ServerProcess] = []
        with ExitStack() as stack:
            bus = {"BUS_DRIVER": "postgres"}
            if are_apart := request.param != "on one machine":
                nats = stack.enter_context(NatsServer(here))
                bus = {"BUS_DRIVER": "nats", "BUS_URL": nats.url, "BUS_SUBJECT": f"test.{uuid4().hex}"}

            def make(name: str) -> ServerProcess:
                variables = bus | {"SEND_DELEGATION_FOLDER": str(here / (name if are_apart else "group"))}
                node = ServerProcess(shared_database, here / f"{name}.log", ("main.py",), PROJECT_ROOT, **variables)
                nodes.append(node)
                stack.callback(node.stop)
                return node

            yield Site(make, peers=0 if are_apart else 1)
        assert [node.troubles() for node in nodes] == [[] for _ in nodes]


@pytest.fixture
async def nodes() -> AsyncIterator[Nodes]:
    nodes = Nodes()
    yield nodes
    await nodes.close()


async def test_clients_see_nothing_but_1012_and_broken_connections(site: Site, nodes: Nodes) -> None:
    first = site.make_node("first")
    await to_thread.run_sync(first.wait_until_ready)
    second = site.make_node("second")
    await to_thread.run_sync(second.wait_until_ready)
    for node in (first, second):
        await nodes.add(node)
    await until_connected(nodes, site.peers)
    users = [await FakeClient.sign_up(nodes.clients[number % 2]) for number in range(2 * SENDERS)]
    chat = await users[0].open_chat(*users[1:])
    sockets = [SocketSender(user, chat, nodes, number) for number, user in enumerate(users[SENDERS:])]
    senders: list[Sender] = [
        *(Sender(user, chat, nodes, number) for number, user in enumerate(users[:SENDERS])),
        *sockets,
    ]
    stop = asyncio.Event()

    async def until_each_has_sent_more() -> None:
        targets = {sender: len(sender.acknowledged) + EACH for sender in senders}

        async def have_sent() -> bool:
            return all(len(sender.acknowledged) >= target or sender.refused for sender, target in targets.items())

        await eventually(have_sent, 120)

    async with AsyncExitStack() as stack:
        for device in sockets:
            stack.push_async_callback(device.socket.cut)
            await device.connect()
        async with asyncio.TaskGroup() as group:
            for sender in senders:
                group.create_task(sender.send_until(stop))
            await until_each_has_sent_more()

            third = site.make_node("third")
            await to_thread.run_sync(third.wait_until_ready)
            newcomer = await nodes.add(third)
            await until_each_has_sent_more()
            assert nodes.answered[newcomer]

            await to_thread.run_sync(first.stop)
            nodes.clients.pop(0)
            await until_each_has_sent_more()
            stop.set()
        user = through(users[0], newcomer)
        head = ok(await user.get(f"/chats/{chat}"))["event_seq"]
        for device in sockets:
            await device.until(head)
            assert device.socket.seqs(chat) == list(range(1, head + 1))
    messages = await read_all(user, chat)
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    for sender in senders:
        assert sender.refused == []
        sent = {item["client_msg_id"]: item["seq"] for item in messages if item["sender_id"] == sender.user.id}
        assert list(sent.items()) == list(sender.acknowledged.items())
    assert len(messages) == sum(len(sender.acknowledged) for sender in senders)
    # At least those on the node that ended were closed. They may have tried it again before it refused connections.
    assert {code for device in sockets for code in device.close_codes} == {1012}


async def until_connected(nodes: Nodes, peers: int) -> None:
    async def are_connected() -> bool:
        texts = [(await node.get("/metrics")).text for node in nodes.clients]
        return all(f"\nmessenger_send_peers {peers:.1f}\n" in text for text in texts)

    await eventually(are_connected)


async def read_all(user: FakeClient, chat: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    while page := ok(await user.get(f"/chats/{chat}/messages", after_seq=len(messages), limit=200))["items"]:
        messages += page
    return messages
