"""Servers on one database, with wires before and behind each of them."""

import asyncio
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg

from app.adapters.db.address import DatabaseAddress
from app.settings.streams_settings import BusDriver
from tests.acceptance.live.servers import ServerProcess
from tests.faults.background import add_module, prepare
from tests.faults.load.user import Endpoint
from tests.faults.scene.postgres import Postgres
from tests.nats_server import NatsServer
from tests.processes import copy_project
from tests.wire import Wire

_SETTINGS = {
    # Sessions must outlive the run.
    "AUTH_ACCESS_TTL": "86400",
    "LOG_LEVEL": "WARNING",
}


class Server:
    """A server process. `front` is the wire to its clients, `back` the wire to the database."""

    def __init__(self, process: ServerProcess, back: Wire) -> None:
        self.process = process
        self.front = Wire("127.0.0.1", process.port)
        self.back = back

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
        bus: BusDriver = BusDriver.POSTGRES,
    ) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres")
        self.nats = NatsServer(folder) if bus is BusDriver.NATS else None
        self.store = folder / "files"
        self.servers: list[Server] = []
        self.standby: Postgres | None = None
        self._former: list[Postgres] = []
        self._standbys = 0
        self._count = servers
        self._program = program
        self._is_wired = is_wired

    async def __aenter__(self) -> "Cluster":
        try:
            project = await asyncio.to_thread(copy_project, self.folder)
            add_module(project)
            address = await self.postgres.start()
            settings = dict(_SETTINGS)
            if self.nats is not None:
                await asyncio.to_thread(self.nats.start)
                settings |= {"BUS_DRIVER": "nats", "BUS_URL": self.nats.url}
            for number in range(self._count):
                back = Wire(address.host, address.port)
                await back.restore()
                process = ServerProcess(
                    replace(address, host="127.0.0.1", port=back.port) if self._is_wired else address,
                    self.folder / f"server_{number}.log",
                    program=self._program,
                    project=project,
                    ATTACHMENT_STORE=f"file://{self.store}",
                    **settings,
                )
                self.servers.append(Server(process, back))
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

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        for server in self.servers:
            server.front.cut()
            await server.kill()
            server.back.cut()
        if self.nats is not None:
            self.nats.kill()
        await self._remove_former()
        if self.standby is not None:
            await self.standby.stop()
        await self.postgres.stop()

    @property
    def endpoints(self) -> list[Endpoint]:
        """Returns where clients reach the servers: through the wires, if there are any."""
        ports = (server.front.port if self._is_wired else server.process.port for server in self.servers)
        return [("127.0.0.1", port) for port in ports]

    @property
    def wires(self) -> Mapping[str, list[Wire]]:
        return {"front": [server.front for server in self.servers], "back": [server.back for server in self.servers]}

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
        for server in self.servers:
            server.back.target = address.host, address.port

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Connects to the database directly, without a wire."""
        return await asyncpg.connect(**self.address.connect_arguments(), timeout=30)
