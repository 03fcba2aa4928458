"""The places that tests happen in: a PostgreSQL for the session, a database and an application for each test."""

import asyncio
import gc
import logging
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from loguru import logger
from playwright.async_api import Browser
from pydantic import SecretStr

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded import EmbeddedPostgres
from app.adapters.db.migrations.commands import migrate
from app.adapters.db.provide import own_server_address
from app.fastapi_engine.constructor import build_app
from app.fastapi_engine.server import uvicorn_options
from app.settings import Settings, load_settings
from app.settings.auth_settings import AuthSettings
from app.settings.db_settings import DbSettings
from app.settings.limits_settings import LimitsSettings
from app.settings.log import LogSettings
from app.utils.logs import setup_logging
from tests.adapters.embedded.support import open_folder
from tests.browsers import chromium
from tests.databases import Databases, drop, execute
from tests.fakers import FakeClient


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[DatabaseAddress]:
    """The server: `PG_SERVER_ADDRESS` if it is set, else an embedded one that may forget."""
    settings = load_settings(env_file=None)
    if not settings.db.is_embedded:
        yield own_server_address(settings.db)
        return
    # Not among pytest's own folders: every run of pytest closes those to the user whom PostgreSQL runs as under root.
    folder = open_folder()
    try:
        with EmbeddedPostgres(folder / "postgres", durable=False) as server:
            yield server.address
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(postgres: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """A database that is migrated once; the tests' own ones are clones of it."""
    address = postgres.with_database(f"test_template_{uuid4().hex[:8]}")
    asyncio.run(execute(postgres, f'CREATE DATABASE "{address.database}" TEMPLATE template0'))
    migrate(address)
    yield address
    asyncio.run(drop(address))


@pytest.fixture(scope="session")
def databases(template: DatabaseAddress) -> Iterator[Databases]:
    databases = Databases(template)
    yield databases
    asyncio.run(databases.close())


@pytest.fixture
async def database_address(databases: Databases) -> AsyncIterator[DatabaseAddress]:
    """A database of one's own, with all tables and no rows."""
    async with databases.one() as address:
        yield address


@pytest.fixture(scope="session")
def base_settings() -> Settings:
    """As a newcomer has them, but for a cheap password hash and quiet logs."""
    settings = replace(
        load_settings(env_file=None),
        auth=AuthSettings(argon2_time_cost=1, argon2_memory_cost=8, argon2_parallelism=1),
        log=LogSettings(enable=False),
        limits=LimitsSettings(enable=False),
    )
    setup_logging(settings.log)
    return settings


@pytest.fixture
def settings(base_settings: Settings, database_address: DatabaseAddress) -> Settings:
    """For an application on this test's database."""
    return replace(base_settings, db=settings_for(database_address))


def settings_for(address: DatabaseAddress) -> DbSettings:
    return DbSettings(
        server_address=address.host,
        server_port=address.port,
        server_login=address.user,
        server_passwd=SecretStr(address.password),
        server_db=address.database,
    )


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The application, started, and a client of it in the same process."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
            yield http


@pytest.fixture
async def app(settings: Settings) -> FastAPI:
    """The application as it is deployed, not yet started."""
    return build_app(settings)


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application that is nobody in particular."""
    async with served(app) as http:
        yield http


@asynccontextmanager
async def listening(app: FastAPI, **options: Any) -> AsyncIterator[str]:
    """The application on a real port, with the server's own settings and these; its address as host:port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*listener.getsockname())
        server = uvicorn.Server(uvicorn.Config(app, **uvicorn_options(lifespan="on", **options)))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                assert not serving.done(), "the server did not start"
                await asyncio.sleep(0.01)
            yield address
        finally:
            server.should_exit = True
            await serving


@pytest.fixture
async def live_server(app: FastAPI) -> AsyncIterator[str]:
    """The running application on a real port; its address as host:port."""
    async with listening(app) as address:
        yield address


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for the session; each test opens windows of its own."""
    async with chromium() as running:
        yield running


@pytest.fixture
async def anna(server: httpx.AsyncClient) -> FakeClient:
    return await FakeClient.sign_up(server, "anna", "Анна")


@pytest.fixture
async def boris(server: httpx.AsyncClient) -> FakeClient:
    return await FakeClient.sign_up(server, "boris", "Борис 🐻")


@pytest.fixture
async def clara(server: httpx.AsyncClient) -> FakeClient:
    return await FakeClient.sign_up(server, "clara", "Clara")


@pytest.fixture
async def stranger(server: httpx.AsyncClient) -> FakeClient:
    """Signed in, and in nobody's chat."""
    return await FakeClient.sign_up(server, "stranger")


@pytest.fixture
def anonymous(server: httpx.AsyncClient) -> FakeClient:
    """Not signed in."""
    return FakeClient(server)


@pytest.fixture
async def club(anna: FakeClient, boris: FakeClient) -> str:
    """A group that Anna owns and Boris is in; its id."""
    return await anna.open_chat(boris, title="Книжный клуб")


@pytest.fixture
async def quiet_log() -> AsyncIterator[list[str]]:
    """What was logged above information; it has to be nothing."""
    lines: list[str] = []
    sink, level = logger.add(lines.append, level="WARNING", format="{level} {message}"), logging.root.level
    # The standard library's loggers lead there as well: uvicorn's, and asyncio's of errors that nobody has seen.
    logging.root.setLevel(logging.WARNING)
    yield lines
    gc.collect()
    logging.root.setLevel(level)
    logger.remove(sink)
    assert lines == []


@pytest.fixture
def project_root() -> Path:
    return Path(__file__).parents[1]
