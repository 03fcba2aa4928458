"""What the bus over NATS does in addition: several servers, credentials, TLS, limits of the server and the client."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from loguru import logger

from app.adapters.base.bus import Bus
from app.adapters.clients.bus.nats import NatsBus, connection_to, find_problems
from tests.adapters.buses import BusRecorder, over_nats, processes
from tests.fakers import eventually
from tests.nats_server import NatsServer
from tests.processes import clean_environment, free_port

SECRET = "п@ss:w/rd, 100%"


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), level="WARNING", format="{message}")
    yield lines
    logger.remove(sink)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[NatsServer, NatsServer]]:
    """Two NATS servers that know each other."""
    *routes, first, second = (free_port() for _ in range(4))

    def config(here: int, there: int) -> str:
        return f"cluster {{ name: c, listen: '127.0.0.1:{here}', routes: ['nats://127.0.0.1:{there}'] }}"

    with (
        NatsServer(tmp_path, config(*routes), port=first) as one,
        NatsServer(tmp_path, config(*reversed(routes)), port=second) as other,
    ):
        yield one, other


async def until_received(sender: Bus, receiver: BusRecorder, number: int) -> None:
    async def is_received() -> bool:
        sender.notify("session.ended", {"number": number})
        return {"number": number} in receiver.notifications

    await eventually(is_received)


async def failure_of(bus: Bus) -> str:
    """Returns why the bus cannot connect."""

    async def has_failed() -> bool:
        return "not connected yet" not in str(bus.unavailable_because)

    async with bus.connected():
        await eventually(has_failed)
    return str(bus.unavailable_because)


async def test_processes_at_different_servers_of_a_cluster_receive_each_others_messages(
    cluster: tuple[NatsServer, NatsServer],
) -> None:
    buses = [NatsBus([server.url], "messenger") for server in cluster]
    async with processes(*buses) as ((one, own), (other, others)):
        await until_received(one, others, 1)
        await until_received(other, own, 2)


async def test_another_server_is_used_when_one_has_ended(cluster: tuple[NatsServer, NatsServer]) -> None:
    one, other = cluster
    async with processes(NatsBus([one.url, other.url], "messenger"), NatsBus([other.url], "messenger")) as (
        (sender, recorder),
        (_, receiver),
    ):
        one.kill()
        await until_received(sender, receiver, 1)
        one.start()
        other.kill()
        await recorder.until(lambda: sender.unavailable_because is None)
        other.start()
        await until_received(sender, receiver, 2)


async def test_installations_with_different_subjects_do_not_receive_each_others_messages(
    nats_server: NatsServer,
) -> None:
    buses = [NatsBus([nats_server.url], subject) for subject in ("house.one", "house.two", "house.two")]
    async with processes(*buses) as ((one, recorder), (two, _), (_, witness)):
        one.notify("session.ended", {"number": 1})
        await until_received(two, witness, 2)
        assert {"number": 1} not in witness.notifications
        assert recorder.notifications == [{"number": 1}]


@pytest.mark.parametrize(
    ("config", "user"),
    [
        ('authorization { user: "анна", password: "' + SECRET + '" }', f"{quote('анна')}:{quote(SECRET, safe='')}"),
        ('authorization { token: "' + SECRET + '" }', quote(SECRET, safe="")),
    ],
    ids=["password", "token"],
)
async def test_credentials_are_part_of_the_address(tmp_path: Path, warnings: list[str], config: str, user: str) -> None:
    with NatsServer(tmp_path, config) as server:
        url = f"nats://{user}@{server.address}"
        async with processes(NatsBus([url], "messenger"), NatsBus([url], "messenger")) as ((sender, _), (_, receiver)):
            await until_received(sender, receiver, 1)
        for wrong in ("nats://", "nats://anna:wrong@", "nats://wrong@"):
            assert "Authorization Violation" in await failure_of(NatsBus([wrong + server.address], "messenger"))
    assert len(warnings) == 3
    assert not any("wrong" in line or SECRET in line for line in warnings)


async def test_a_user_who_may_not_use_the_subject_is_reported(tmp_path: Path) -> None:
    permissions = "permissions: { publish: ['other'], subscribe: ['other'] }"
    with NatsServer(tmp_path, f"authorization {{ users: [{{ user: u, password: p, {permissions} }}] }}") as server:
        reason = await failure_of(NatsBus([f"nats://u:p@{server.address}"], "messenger"))
    assert "permissions violation" in reason.lower()


async def test_without_tls_nothing_is_sent_to_a_tls_address() -> None:
    """Who answers in place of the server decides nothing: the password stays here."""
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id": "x", "version": "2.11.0", "max_payload": 1048576, "auth_required": true}\r\n')
        received.append(await reader.read(1000))
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        for user in ("u:secret@", "secret@"):
            reason = await failure_of(NatsBus([f"tls://{user}127.0.0.1:{port}"], "messenger"))
            assert "SecureConn" in reason
    assert received
    assert set(received) == {b""}


async def test_a_tls_address_is_refused_by_a_server_without_tls(nats_server: NatsServer) -> None:
    assert "SecureConn" in await failure_of(NatsBus([f"tls://{nats_server.address}"], "messenger"))


async def test_a_server_that_takes_only_small_messages_is_refused_with_the_reason(tmp_path: Path) -> None:
    with NatsServer(tmp_path, "max_payload: 7999") as server:
        reason = await failure_of(NatsBus([server.url], "messenger"))
    assert "max_payload of the server is 7999, the bus needs 8000" in reason


async def test_a_process_that_lost_messages_because_it_is_slow_connects_again(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.clients.bus.nats._UNREAD", 8_000)
    server = over_nats(nats_server)
    async with processes(server.bus(), server.bus()) as ((sender, _), (_, receiver)):
        for number in range(100):
            sender.signal({"number": number, "text": "a" * 960})
        await receiver.until(lambda: receiver.returns > 1)


async def test_what_another_program_sends_on_the_subject_stops_nothing(nats_server: NatsServer) -> None:
    subject = "shared"
    buses = [NatsBus([nats_server.url], subject) for _ in range(2)]
    async with stranger(nats_server, subject) as send, processes(*buses) as ((sender, _), (_, receiver)):
        await send(["", "short", "x" * 12 + "r" + "no head", "x" * 12 + "s[", "x" * 12 + "z"])
        await until_received(sender, receiver, 1)
        assert receiver.returns == 1


@asynccontextmanager
async def stranger(server: NatsServer, subject: str) -> AsyncIterator[Callable[[Sequence[str]], Awaitable[None]]]:
    async with connection_to(server.url, subject, lambda payload: None, lambda error: None) as connection:
        yield connection.send


async def test_the_documented_configuration_makes_one_cluster_of_two_nodes(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documented = (project_root / "docs" / "deployment" / "nats.conf").read_text(encoding="utf-8")
    routes = [free_port() for _ in range(2)]
    monkeypatch.setenv("NATS_PASSWORD", "p12e4567")
    nodes = []
    with ExitStack() as stack:
        for here, there in (routes, reversed(routes)):
            monkeypatch.setenv("NATS_ROUTE", f"nats://route:p12e4567@127.0.0.1:{there}")
            config = documented.replace("port: 4222", "").replace("port: 6222", f"port: {here}")
            nodes.append(stack.enter_context(NatsServer(tmp_path, config)))
        urls = [f"nats://messenger:p12e4567@{node.address}" for node in nodes]
        async with processes(*(NatsBus([url], "messenger") for url in urls)) as ((sender, _), (_, receiver)):
            await until_received(sender, receiver, 1)
        assert await find_problems(urls, "messenger", 10) == []


async def test_doctor_reports_each_server_that_messages_do_not_reach(
    nats_server: NatsServer, cluster: tuple[NatsServer, NatsServer]
) -> None:
    nowhere = f"nats://127.0.0.1:{free_port()}"
    urls = [server.url for server in cluster]
    async with processes(*(NatsBus([url], "messenger") for url in urls)) as ((sender, _), (_, receiver)):
        # The servers have found each other.
        await until_received(sender, receiver, 1)
    assert await find_problems(urls, "messenger", 10) == []
    lonely = await find_problems([*urls, nats_server.url], "messenger", 3)
    assert lonely == [f"{nats_server.address}: a message from {cluster[0].address} does not arrive"]
    (missing,) = await find_problems([nowhere, *urls], "messenger", 10)
    assert "ConnectionRefusedError" in missing


def test_a_server_with_another_bus_needs_no_client_of_nats(project_root: Path) -> None:
    program = """
import sys
sys.modules["nats"] = None
from app.adapters.clients.bus import make_bus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.settings import load_settings
settings = load_settings(None)
build_app(settings)
make_bus(settings.streams, Database(DatabaseAddress('host', 1, 'user', '', 'database')))
"""
    subprocess.run(
        [sys.executable, "-c", program], cwd=project_root, env=clean_environment({"LOG_ENABLE": "false"}), check=True
    )
