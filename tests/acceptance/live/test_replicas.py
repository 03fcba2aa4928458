"""Two nodes that read from a replica: nothing is stale, however far it is behind, and nothing fails when it is down.

`MESSENGER_LIVE_READS` is the number of reads after one's own change (the gate makes 400). With `-s` the test prints
where they were answered."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from app.adapters.db import replicas
from app.adapters.db.migrations.commands import migrate
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from app.utils.metrics import REGISTRY
from tests.acceptance.live.writer import Writer, through
from tests.fakers import FakeClient, eventually, ok, problem
from tests.faults.scene.postgres import Pair, replicating
from tests.servers import listening, settings_for

READS = int(os.environ.get("MESSENGER_LIVE_READS", "400"))
SEED = int(os.environ.get("MESSENGER_LIVE_SEED", "21"))
USERS = 4


@pytest.fixture(autouse=True)
def checked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "CHECK_PERIOD", 0.1)
    monkeypatch.setattr(replicas, "_LONGEST_PAUSE", 0.2)


@pytest.fixture(scope="module")
async def pair() -> AsyncIterator[Pair]:
    """One for all tests. Each leaves the replica as it was."""
    async with replicating() as pair:
        yield pair


@pytest.fixture(scope="module")
async def nodes(pair: Pair, base_settings: Settings) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each node. The replica is in use."""
    assert pair.primary.address is not None
    assert pair.standby.address is not None
    await asyncio.to_thread(migrate, pair.primary.address)
    db = settings_for(pair.primary.address).model_copy(update={"replica_addresses": pair.standby.address.host})
    # The long form takes longer than the default lifetime of a token.
    auth = base_settings.auth.model_copy(update={"access_ttl": 86_400})
    settings = replace(base_settings, db=db, auth=auth)
    async with AsyncExitStack() as stack:
        addresses = [await stack.enter_async_context(listening(build_app(settings))) for _ in range(2)]
        clients = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://{address}", timeout=60))
            for address in addresses
        ]
        await until_replicas_are("ok", clients)
        yield clients


async def until_replicas_are(status: str, nodes: list[httpx.AsyncClient]) -> None:
    async def are_so() -> bool:
        return all([ok(await node.get("/healthcheck"))["checks"]["replicas"]["status"] == status for node in nodes])

    await eventually(are_so)


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"messenger_{name}_total", labels) or 0.0


async def until_replica_has_all(pair: Pair) -> None:
    async def has() -> bool:
        lsn = await pair.primary.query("SELECT pg_current_wal_lsn()::text")
        return bool(await pair.standby.query(f"SELECT pg_last_wal_replay_lsn() >= '{lsn}'"))

    await eventually(has)


async def read_from_replica(user: FakeClient, path: str, **params: Any) -> str:
    """Returns the text of an answer that a replica has given. One that takes longer than a second is the primary's."""
    texts: list[str] = []

    async def has_answered() -> bool:
        before = count("reads", target="replica")
        response = await user.get(path, **params)
        ok(response)
        texts.append(response.text)
        return count("reads", target="replica") == before + 1

    await eventually(has_answered)
    return texts[-1]


async def lag(pair: Pair, random: Random) -> None:
    """Pauses the replica again and again, until cancelled."""
    while True:
        await pair.standby.query("SELECT pg_wal_replay_pause()")
        await asyncio.sleep(random.uniform(0.05, 0.5))
        await pair.standby.query("SELECT pg_wal_replay_resume()")
        await asyncio.sleep(random.uniform(0.05, 0.5))


async def test_no_read_after_an_own_change_is_stale(pair: Pair, nodes: list[httpx.AsyncClient]) -> None:
    random = Random(SEED)
    writers = []
    for number in range(USERS):
        user = await FakeClient.sign_up(nodes[number % 2])
        chat = ok(await user.get(f"/chats/{await user.open_chat()}"))
        writers.append(Writer(user, chat, nodes, Random(random.random())))
    before = {target: count("reads", target=target) for target in ("replica", "primary")}
    behind = count("replica_fallbacks", reason="behind")

    def answered() -> dict[str, float]:
        return {target: count("reads", target=target) - before[target] for target in before}

    def is_enough() -> bool:
        # Both happened: the replica was up to date, and it was behind.
        both = answered()["replica"] > 0 and count("replica_fallbacks", reason="behind") > behind
        return both and sum(writer.reads for writer in writers) >= READS

    async def keep_writing(writer: Writer) -> None:
        while not is_enough():
            await writer.change_and_read()

    lagging = asyncio.create_task(lag(pair, random))
    try:
        await asyncio.gather(*(keep_writing(writer) for writer in writers))
    finally:
        lagging.cancel()
    await asyncio.wait([lagging])
    await pair.standby.query("SELECT pg_wal_replay_resume()")
    # Shown with `-s`, or if the test fails.
    sys.stdout.write(f"\n{sum(writer.reads for writer in writers)} reads, answered by {answered()}\n")


async def test_a_removed_member_reads_nothing_from_a_replica_that_does_not_know_it(
    pair: Pair, nodes: list[httpx.AsyncClient]
) -> None:
    anna, boris = await FakeClient.sign_up(nodes[0], "anna"), await FakeClient.sign_up(nodes[1], "boris")
    club = await anna.open_chat(boris)
    await anna.send(club, "пока все здесь")
    await until_replica_has_all(pair)
    assert "пока все здесь" in await read_from_replica(boris, f"/chats/{club}/messages")
    await pair.standby.query("SELECT pg_wal_replay_pause()")
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    for path in ("messages", "events", "threads/1/messages"):
        problem(await boris.get(f"/chats/{club}/{path}"), 404, "not_found")
    assert ok(await boris.get("/search/messages", q="пока"))["items"] == []
    problem(await boris.get("/search/messages", q="пока", chat_id=club), 404, "not_found")
    await pair.standby.query("SELECT pg_wal_replay_resume()")


async def test_each_kind_of_page_is_read_from_a_replica_that_is_up_to_date(
    pair: Pair, nodes: list[httpx.AsyncClient]
) -> None:
    anna = await FakeClient.sign_up(nodes[0], "anna")
    club = await anna.open_chat()
    root = await anna.send(club, "корень")
    await anna.send(club, "ответ", root_seq=root["seq"])

    async def is_indexed() -> bool:
        await until_replica_has_all(pair)
        return len(ok(await anna.get("/search/messages", q="ответ"))["items"]) == 1

    await eventually(is_indexed)
    await until_replica_has_all(pair)
    pages: list[tuple[str, dict[str, Any]]] = [
        (f"/chats/{club}/messages", {}),
        (f"/chats/{club}/events", {"limit": 200}),
        (f"/chats/{club}/threads/{root['seq']}/messages", {}),
        ("/search/messages", {"q": "ответ"}),
        ("/search/messages", {"q": "ответ", "order": "relevant"}),
    ]
    for path, params in pages:
        assert "ответ" in await read_from_replica(anna, path, **params)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_without_its_replica_a_node_is_ready_and_answers(
    how: signal.Signals, pair: Pair, nodes: list[httpx.AsyncClient]
) -> None:
    anna = await FakeClient.sign_up(nodes[0], "anna")
    club = await anna.open_chat()
    await anna.send(club)
    await until_replica_has_all(pair)
    if how is signal.SIGKILL:
        await pair.standby.end(how)
    else:
        pair.standby.signal_all(how)
    try:
        for node in nodes * 4:
            assert len(ok(await through(anna, node).get(f"/chats/{club}/messages"))["items"]) == 1
        await until_replicas_are("failed", nodes)
        for node in nodes:
            ready = await node.get("/healthcheck/ready")
            assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
            assert str(Path(pair.standby.folder, "run")) in ready.json()["checks"]["replicas"]["detail"]
        down = count("replica_fallbacks", reason="down")
        ok(await anna.get(f"/chats/{club}/messages"))
        assert count("replica_fallbacks", reason="down") == down + 1
    finally:
        if how is signal.SIGKILL:
            await pair.standby.start()
        else:
            pair.standby.signal_all(signal.SIGCONT)
    await until_replicas_are("ok", nodes)
    await until_replica_has_all(pair)
    await read_from_replica(anna, f"/chats/{club}/messages")
