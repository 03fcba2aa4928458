"""A primary and its synchronous standby: a failover under load loses and doubles nothing.

`MESSENGER_LIVE_SCALE` multiplies the messages (the gate's form is 1). With `-s` the test prints how long nothing was
served."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from uuid import UUID, uuid4

import httpx
import pytest

from tests.databases import fetch
from tests.fakers import FakeClient, ok
from tests.faults.scene.postgres import Pair
from tests.server_processes import ServerProcess

SCALE = int(os.environ.get("MESSENGER_LIVE_SCALE", "1"))
PROCESSES, SENDERS = 2, 8
BEFORE, AFTER = 200 * SCALE, 200 * SCALE
"""Messages that are acknowledged before the primary is killed, and after it."""
_TIMEOUT = 300 + 60 * SCALE


@pytest.fixture
async def nodes(pair: Pair, tmp_path: Path) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each process. In their PG_SERVER_ADDRESS the standby comes first; each commit waits for it."""
    await pair.primary.wait_for("standby")
    assert pair.primary.address is not None
    assert pair.standby.address is not None
    both = replace(pair.primary.address, host=f"{pair.standby.address.host},{pair.primary.address.host}")
    logs = [tmp_path / f"{number}.log" for number in range(PROCESSES)]
    servers = [ServerProcess(both, log) for log in logs]
    try:
        for server in servers:
            await asyncio.to_thread(server.wait_until_ready)
        async with AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://{server.address}", timeout=30))
                for server in servers
            ]
    finally:
        for server in servers:
            await asyncio.to_thread(server.stop)


async def send_until_acknowledged(user: FakeClient, chat: str, body: dict[str, str]) -> dict[str, int]:
    while True:
        answer = await user.post(f"/chats/{chat}/messages", body)
        if answer.status_code != 503:
            return ok(answer)
        assert "retry-after" in answer.headers
        await asyncio.sleep(0.1)


@dataclass
class Load:
    """Users who send one message after the other, each until it is acknowledged."""

    acknowledged: dict[UUID, int] = field(default_factory=dict)
    """The sequence numbers by `client_msg_id`."""
    served_at: dict[str, float] = field(default_factory=dict)
    """When each node acknowledged a message last."""
    goes_on: bool = True

    async def keep_sending(self, user: FakeClient, chat: str) -> None:
        node = str(user.http.base_url)
        while self.goes_on:
            client_msg_id = uuid4()
            message = await send_until_acknowledged(user, chat, {"client_msg_id": str(client_msg_id), "text": "Привет"})
            self.acknowledged[client_msg_id] = message["seq"]
            self.served_at[node] = monotonic()

    async def until(self, count: int) -> None:
        while len(self.acknowledged) < count:  # noqa: ASYNC110 - there is no notification
            await asyncio.sleep(0.01)

    async def until_all_serve(self, since: float) -> float:
        """Wait until every node has acknowledged a message. Returns the seconds until the last one did."""
        while min(self.served_at.values()) < since:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)
        return max(self.served_at.values()) - since


async def test_a_failover_to_the_synchronous_standby_loses_and_doubles_nothing(
    pair: Pair, nodes: list[httpx.AsyncClient]
) -> None:
    load = Load()
    users = [await FakeClient.sign_up(nodes[number % PROCESSES]) for number in range(SENDERS)]
    chats = [await users[0].open_chat(*users[1:]) for _ in range(2)]
    async with asyncio.timeout(_TIMEOUT), asyncio.TaskGroup() as group:
        for number, user in enumerate(users):
            group.create_task(load.keep_sending(user, chats[number // PROCESSES % 2]))
        await load.until(BEFORE)
        await pair.primary.end(signal.SIGKILL)
        killed_at = monotonic()
        await pair.standby.promote()
        promoted = monotonic() - killed_at
        served = await load.until_all_serve(killed_at)
        await load.until(len(load.acknowledged) + AFTER)
        load.goes_on = False
    assert pair.standby.address is not None
    rows = await fetch(pair.standby.address, "SELECT chat_id, seq, client_msg_id FROM message")
    events = await fetch(pair.standby.address, "SELECT stream_id, seq FROM event")
    assert Counter(row["client_msg_id"] for row in rows) == Counter(load.acknowledged.keys())
    assert {row["client_msg_id"]: row["seq"] for row in rows} == load.acknowledged
    for numbers in ([(row["chat_id"], row["seq"]) for row in rows], [(row["stream_id"], row["seq"]) for row in events]):
        for owner, count in Counter(owner for owner, _ in numbers).items():
            assert sorted(seq for other, seq in numbers if other == owner) == list(range(1, count + 1))
    # Shown with `-s`, or if the test fails.
    sys.stdout.write(f"\n{len(rows)} messages; promoted {promoted:.2f} s and served {served:.2f} s after the kill\n")


async def test_a_message_that_the_standby_has_not_received_is_not_acknowledged(
    pair: Pair, nodes: list[httpx.AsyncClient]
) -> None:
    """A commit that waits for the standby is never cancelled: PostgreSQL would then answer that it succeeded."""
    user = await FakeClient.sign_up(nodes[0])
    chat = await user.open_chat()
    body = {"client_msg_id": str(uuid4()), "text": "Привет"}
    pair.standby.signal_all(signal.SIGSTOP)
    try:
        assert (await user.post(f"/chats/{chat}/messages", body)).status_code == 503
    finally:
        pair.standby.signal_all(signal.SIGCONT)
    async with asyncio.timeout(_TIMEOUT):
        assert (await send_until_acknowledged(user, chat, body))["seq"] == 1
    assert len(ok(await user.get(f"/chats/{chat}/messages"))["items"]) == 1
