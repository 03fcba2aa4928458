"""Two nodes that share a database and are connected by NATS."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from app.fastapi_engine.constructor import build_app
from app.settings import Mode, Settings
from app.settings.streams_settings import BusDriver
from tests.fakers import FakeClient, FakeSocket, eventually, ok
from tests.nats_server import NatsServer
from tests.processes import free_port
from tests.servers import http_client, listening


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path) as server:
        yield server


@pytest.fixture
def on_nats(settings: Settings, nats: NatsServer) -> Settings:
    streams = {"bus_driver": BusDriver.NATS, "bus_url": SecretStr(nats.url), "bus_subject": f"test.{uuid4().hex}"}
    return replace(settings, streams=settings.streams.model_copy(update=streams))


@pytest.fixture
async def nodes(on_nats: Settings) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each node."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=f"http://{await stack.enter_async_context(listening(build_app(on_nats)))}", timeout=30
                )
            )
            for _ in range(2)
        ]


@pytest.fixture
def server(nodes: list[httpx.AsyncClient]) -> httpx.AsyncClient:
    """The users call the first node; their sockets are where the test opens them."""
    return nodes[0]


@pytest.fixture
def without_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notifications alone: nothing is found by asking the database from time to time."""
    monkeypatch.setattr("app.modules.streams_module.services.hub.SWEEP_PERIOD", 600.0)
    monkeypatch.setattr("app.modules.accounts_module.services.revocations._PERIOD", 600.0)


def address_of(node: httpx.AsyncClient) -> str:
    return node.base_url.netloc.decode()


async def health(node: httpx.AsyncClient) -> dict[str, Any]:
    return ok(await node.get("/healthcheck"))


async def until_bus_is(status: str, nodes: list[httpx.AsyncClient]) -> None:
    async def is_so() -> bool:
        return all([(await health(node))["checks"]["bus"]["status"] == status for node in nodes])

    await eventually(is_so)


@pytest.mark.usefixtures("without_polls")
async def test_events_typing_and_presence_reach_the_sockets_of_the_other_node(
    nodes: list[httpx.AsyncClient], anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await until_bus_is("ok", nodes)
    async with FakeSocket(boris, address_of(nodes[1])) as there:
        await anna.send(club, "Привет с первого узла")
        await there.until(lambda: bool(there.events[club]))
        async with FakeSocket(anna, address_of(nodes[0])) as here:
            await here.ask("typing", chat_id=club, is_typing=True)
            await there.until(lambda: {signal["kind"] for signal in there.signals} >= {"typing", "presence"})
        await there.until(lambda: [s["online"] for s in there.signals if s["kind"] == "presence"] == [True, False])


@pytest.mark.usefixtures("without_polls")
async def test_ending_a_session_closes_its_socket_on_the_other_node(
    nodes: list[httpx.AsyncClient], anna: FakeClient
) -> None:
    await until_bus_is("ok", nodes)
    phone = await anna.another_device().sign_in()
    async with FakeSocket(phone, address_of(nodes[1])) as socket:
        ok(await phone.post("/accounts/sign-out"))
        await socket.until(lambda: socket.close_code is not None)
    assert socket.close_code == 4401


async def test_without_nats_the_nodes_are_ready_and_events_still_arrive(
    nodes: list[httpx.AsyncClient], nats: NatsServer, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await until_bus_is("ok", nodes)
    assert [(await health(node))["status"] for node in nodes] == ["ok", "ok"]
    async with FakeSocket(boris, address_of(nodes[1])) as socket:
        nats.kill()
        await anna.send(club, "без NATS")
        await socket.until(lambda: len(socket.events[club]) == 1)
        await until_bus_is("failed", nodes)
        for node in nodes:
            report = await health(node)
            assert report["status"] == "degraded"
            assert nats.address in report["checks"]["bus"]["detail"]
            assert report["checks"]["database"]["status"] == "ok"
            assert (await node.get("/healthcheck/ready")).status_code == 200
        nats.start()
        await until_bus_is("ok", nodes)
        await anna.send(club, "снова с NATS")
        await socket.until(lambda: len(socket.events[club]) == 2)
    report = await health(nodes[0])
    assert report["status"] == "ok"
    assert report["checks"]["bus"]["latency_ms"] >= 0


async def test_the_server_starts_while_nats_is_down_and_shows_no_address_outside_local(on_nats: Settings) -> None:
    port = free_port()
    down = replace(
        on_nats,
        app=on_nats.app.model_copy(update={"mode": Mode.PROD}),
        streams=on_nats.streams.model_copy(update={"bus_url": SecretStr(f"nats://user:secret@127.0.0.1:{port}")}),
    )
    async with listening(build_app(down)) as address, http_client(f"http://{address}") as node:
        await until_bus_is("failed", [node])
        ready = await node.get("/healthcheck/ready")
        assert ready.status_code == 200
        assert ready.json()["status"] == "degraded"
        assert str(port) not in ready.text
        assert "secret" not in ready.text
