"""Servers for tests. A start takes longer than most tests, so a server is reused as long as it is as good as new."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.errors import DRIVER_ERRORS
from app.fastapi_engine import constructor
from app.fastapi_engine.constructor import build_app
from app.fastapi_engine.server import uvicorn_options
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.streams_module.services.hub import Hub
from app.settings import Settings
from app.settings.db_settings import DbSettings
from app.settings.modules_settings import ModulesSettings
from app.utils.container import Container
from app.utils.module import Module
from app.utils.setup_modules import discover_modules
from tests.databases import Databases, drop
from tests.fakers import eventually

_TIMEOUT = 30.0
"""Seconds in which everything that a test has started must end by itself."""
_UNDER_WAY = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
"""
# They run at the start. Their schedules are deleted with the rows of the first test, so no test meets them again.
_PERIODIC_JOBS_HAVE_RUN = """
SELECT EXISTS (SELECT FROM job_schedule) AND NOT EXISTS (SELECT FROM job)
"""

_REMEMBERED = ("public.signing_key",)
"""Tables whose rows a server reads once."""


class _Uvicorn(uvicorn.Server):
    """A server that leaves signals to pytest."""

    capture_signals = nullcontext  # type: ignore[assignment]


def settings_for(address: DatabaseAddress) -> DbSettings:
    return DbSettings(
        server_address=address.host,
        server_port=address.port,
        server_login=address.user,
        server_passwd=SecretStr(address.password),
        server_db=address.database,
        pooler=address.pooler,
    )


def on_database(settings: Settings, address: DatabaseAddress) -> Settings:
    """Returns the settings of a server on this database, with a store of files for it alone."""
    files = settings.of(AttachmentSettings)
    files = files.model_copy(update={"store": f"{files.store}/{address.database}"})
    return replace(settings, db=settings_for(address), own={**settings.own, AttachmentSettings: files})


def without(settings: Settings, *modules: str) -> Settings:
    """Returns the settings of a server on which these modules are switched off."""
    names = ("BASE", *(f"-{module}" for module in modules))
    return replace(settings, modules=ModulesSettings(enabled_modules=names))


def build_with(settings: Settings, monkeypatch: pytest.MonkeyPatch, module: Module) -> FastAPI:
    """Returns an application that has this module beside those of the project."""
    known = discover_modules()
    monkeypatch.setattr(constructor, "discover_modules", lambda: known | {module.name: module})
    return build_app(settings)


def client_of(app: FastAPI, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """Returns a client in the same process as the running application."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 123))
    return httpx.AsyncClient(transport=transport, base_url="http://server")


def http_client(base_url: str = "") -> httpx.AsyncClient:
    """Returns a client of a real port, which waits as long as a busy machine takes."""
    return httpx.AsyncClient(base_url=base_url, timeout=60)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Runs the application, and yields a client in the same process."""
    async with app.router.lifespan_context(app), client_of(app) as http:
        yield http


@asynccontextmanager
async def listening(app: FastAPI, **options: Any) -> AsyncIterator[str]:
    """Serves the application on a real port, with the server's own settings and these. Yields host:port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*listener.getsockname())
        server = _Uvicorn(uvicorn.Config(app, **uvicorn_options(lifespan="on", **options)))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                assert not serving.done(), "the server did not start"
                await asyncio.sleep(0.01)
            yield address
        finally:
            server.should_exit = True
            try:
                await serving
            finally:
                # A test that fails may leave some, which would fail another test.
                for connection in list(server.server_state.connections):
                    connection.transport.abort()


@pytest.fixture
async def client_of_port(live_server: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the real port. A file whose users are to call that says `server = client_of_port`."""
    async with http_client(f"http://{live_server}") as http:
        yield http


@dataclass(frozen=True, eq=False)
class ReusedServer:
    """The application as it is deployed, on a database of its own."""

    app: FastAPI
    address: str
    database: DatabaseAddress
    connection: Connection
    """A second connection to the same database."""
    services: Mapping[type, object]
    """What its container held when it was new."""
    life: AsyncExitStack

    @property
    def container(self) -> Container:
        container: Container = self.app.state.container
        return container

    async def is_at_rest(self) -> bool:
        """Returns True if no client is connected to it and it has no work in progress."""
        return not self.container.get(Hub).feeds and not await self.connection.fetchval(_UNDER_WAY)


class Servers:
    """Reuses servers. If a test has changed more than rows, its server ends, and the next test gets a new one."""

    def __init__(self, databases: Databases, settings: Settings) -> None:
        self._databases = databases
        self._settings = settings
        self._free: list[ReusedServer] = []
        self._taken: dict[DatabaseAddress, ReusedServer] = {}

    @asynccontextmanager
    async def one(self) -> AsyncIterator[DatabaseAddress]:
        """The database of a server for the time of the block. It cannot be distinguished from a new one."""
        server = self._free.pop() if self._free else await self._start()
        self._taken[server.database] = server
        yield server.database
        del self._taken[server.database]
        if await self._is_as_new(server):
            self._free.append(server)
        else:
            await self._end(server)

    def on(self, database: DatabaseAddress) -> ReusedServer:
        return self._taken[database]

    async def close(self) -> None:
        for server in self._free:
            await self._end(server)

    async def _start(self) -> ReusedServer:
        database = await self._databases.make()
        app = build_app(on_database(self._settings, database))
        life = AsyncExitStack()
        address = await life.enter_async_context(listening(app))
        connection = await asyncpg.connect(**database.connect_arguments())

        async def have_run() -> bool:
            return bool(await connection.fetchval(_PERIODIC_JOBS_HAVE_RUN))

        await eventually(have_run, _TIMEOUT)
        return ReusedServer(app, address, database, connection, app.state.container.services, life)

    async def _is_as_new(self, server: ReusedServer) -> bool:
        if server.container.services != server.services or server.app.dependency_overrides:
            return False
        try:
            await eventually(server.is_at_rest, _TIMEOUT)
            return await self._databases.delete_rows(server.connection, server.database, but_for=_REMEMBERED)
        except DRIVER_ERRORS:
            # It does not come to rest, or the test has ended all connections, or dropped a table.
            return False

    async def _end(self, server: ReusedServer) -> None:
        server.connection.terminate()
        await server.life.aclose()
        await drop(server.database)
