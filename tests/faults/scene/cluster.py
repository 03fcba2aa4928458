"""Servers on one database, with wires to all that they are connected with."""

import asyncio
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.migrations.commands import migrate
from app.settings.db_settings import Pooler
from app.settings.streams_settings import BusDriver
from tests.faults.background import add_module, prepare
from tests.faults.load.user import Endpoint
from tests.faults.scene.postgres import Postgres
from tests.nats_server import NatsServer
from tests.pgbouncer import pgbouncer
from tests.processes import copy_project
from tests.server_processes import ServerProcess
from tests.wire import Wire

_SETTINGS = {
    # Sessions must outlive the run.
    "AUTH_ACCESS_TTL": "86400",
    "LOG_LEVEL": "WARNING",
    # A few accounts upload gigabytes.
    "ATTACHMENT_QUOTA_BYTES": str(2**40),
}


@dataclass(frozen=True)
class Surroundings:
    """What connects the servers, and what is between them and PostgreSQL or beside it."""

    bus: BusDriver = BusDriver.POSTGRES
    pooler: Pooler = Pooler.NONE
    has_replica: bool = False


class Server:
    """A server process, and its wires: `front` to its clients, `back` to the database, others to what it uses."""

    def __init__(self, process: ServerProcess, wires: Mapping[str, Wire]) -> None:
        self.process = process
        self.front = Wire("127.0.0.1", process.port)
        self.wires = {"front": self.front, **wires}

    async def kill(self) -> None:
        self.process.process.kill()
        await asyncio.to_thread(self.process.process.wait)

    async def stop(self) -> None:
        """Send SIGTERM and wait until it has ended."""
        await asyncio.to_thread(self.process.stop, 60)

    async def start(self, **variables: str) -> None:
        self.process.start(**variables)
        await self.until_ready()

    async def until_ready(self) -> None:
        await asyncio.to_thread(self.process.wait_until_ready, 120)


class Cluster:
    """A context. At its end everything that was started ends."""

    def __init__(
        self,
        folder: Path,
        servers: int,
        program: Sequence[str] = ("main.py",),
        *,
        is_wired: bool = True,
        surroundings: Surroundings = Surroundings(),
    ) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres")
        self.nats = NatsServer(folder) if surroundings.bus is BusDriver.NATS else None
        self.replica = Postgres(folder / "replica") if surroundings.has_replica else None
        self.store = folder / "files"
        self.servers: list[Server] = []
        self.standby: Postgres | None = None
        self._pooler = surroundings.pooler
        self._programs = ExitStack()
        self._primary = Wire("", 0)
        self._former: list[Postgres] = []
        self._standbys = 0
        self._count = servers
        self._program = program
        self._is_wired = is_wired

    async def __aenter__(self) -> "Cluster":
        try:
            project = await asyncio.to_thread(copy_project, self.folder)
            add_module(project)
            database = await self._start_database()
            settings = dict(_SETTINGS)
            if self.nats is not None:
                await asyncio.to_thread(self.nats.start)
                settings["BUS_DRIVER"] = "nats"
            for number in range(self._count):
                await self._add_server(number, project, database, settings)
                if number == 0:
                    # The first server creates the tables; the others connect to a database that is ready.
                    await self.servers[0].until_ready()
                    await self._prepare_background()
            for server in self.servers:
                await server.until_ready()
                await server.front.restore()
        except BaseException:
            await self.close()
            raise
        return self

    async def _start_database(self) -> DatabaseAddress:
        """Returns where the servers find it. The pooler and the replica find the primary wherever it is."""
        address = await self.postgres.start()
        self._primary.target = address.host, address.port
        await self._primary.restore()
        primary = replace(address, host="127.0.0.1", port=self._primary.port)
        if self.replica is not None:
            await self.replica.follow(self.postgres, "replica", primary)
        if self._pooler is not Pooler.NONE:
            # Through the pooler the servers would not.
            await asyncio.to_thread(migrate, address)
            address = await asyncio.to_thread(self._programs.enter_context, pgbouncer(primary, self._pooler))
        return address

    async def _add_server(
        self, number: int, project: Path, database: DatabaseAddress, settings: Mapping[str, str]
    ) -> None:
        wires = {"back": Wire(database.host, database.port)}
        variables = dict(settings)
        if self.replica is not None:
            assert self.replica.address is not None
            wires["replica"] = Wire(self.replica.address.host, self.replica.address.port)
        if self.nats is not None:
            wires["bus"] = Wire("127.0.0.1", self.nats.port)
        for wire in wires.values():
            await wire.restore()
        if self.replica is not None:
            variables["PG_REPLICA_ADDRESSES"] = wires["replica"].address
        if self.nats is not None:
            variables["BUS_URL"] = f"nats://{wires['bus'].address}"
        process = ServerProcess(
            replace(database, host="127.0.0.1", port=wires["back"].port) if self._is_wired else database,
            self.folder / f"server_{number}.log",
            program=self._program,
            project=project,
            ATTACHMENT_STORE=f"file://{self.store}",
            **variables,
        )
        self.servers.append(Server(process, wires))

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        for server in self.servers:
            server.front.cut()
            await server.kill()
            for wire in server.wires.values():
                wire.cut()
        if self.nats is not None:
            self.nats.kill()
        await self._remove_former()
        for postgres in (self.standby, self.replica):
            if postgres is not None:
                await postgres.stop()
        await asyncio.to_thread(self._programs.close)
        self._primary.cut()
        await self.postgres.stop()

    @property
    def endpoints(self) -> list[Endpoint]:
        """Returns where clients reach the servers: through the wires, if there are any."""
        ports = (server.front.port if self._is_wired else server.process.port for server in self.servers)
        return [("127.0.0.1", port) for port in ports]

    @property
    def wires(self) -> Mapping[str, list[Wire]]:
        """Returns the wires of all servers, by their other side."""
        return {side: [server.wires[side] for server in self.servers] for side in self.servers[0].wires}

    @property
    def address(self) -> DatabaseAddress:
        assert self.postgres.address is not None
        return self.postgres.address

    async def _prepare_background(self) -> None:
        connection = await self.connect()
        try:
            await prepare(connection)
        finally:
            await connection.close()

    async def bring_postgres_back(self) -> None:
        self._lead_to(await self.postgres.start())

    async def bring_replica_back(self) -> None:
        assert self.replica is not None
        _lead(self.wires["replica"], await self.replica.start())

    async def add_standby(self) -> None:
        """Copy PostgreSQL to a standby. From now on each commit waits for it."""
        await self._remove_former()
        self._standbys += 1
        name = f"standby_{self._standbys}"
        self.standby = Postgres(self.folder / name)
        await self.standby.follow(self.postgres, name)
        await self.postgres.wait_for(name)

    async def fail_over(self) -> None:
        """Kill PostgreSQL, and go on with its standby."""
        old, new, self.standby = self.postgres, self.standby, None
        assert new is not None
        await old.end(signal.SIGKILL)
        await new.promote()
        self.postgres = new
        self._lead_to(self.address)
        self._former.append(old)

    async def _remove_former(self) -> None:
        """Remove former primaries. It is not a part of the failover, and would delay its end."""
        for postgres in self._former:
            await postgres.stop()
            shutil.rmtree(postgres.folder)
        self._former.clear()

    def _lead_to(self, address: DatabaseAddress) -> None:
        self._primary.target = address.host, address.port
        if self._pooler is Pooler.NONE:
            _lead(self.wires["back"], address)

    async def connect(self) -> Connection:
        """Connects to the database directly, without a wire."""
        return await asyncpg.connect(**self.address.connect_arguments(), timeout=30)


def _lead(wires: Sequence[Wire], address: DatabaseAddress) -> None:
    for wire in wires:
        wire.target = address.host, address.port
