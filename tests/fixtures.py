"""Fixtures: one PostgreSQL for the session, and a database and an application for each test."""

import asyncio
import gc
import logging
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import hypothesis
import pytest
from fastapi import FastAPI
from loguru import logger

from app.adapters.clients.peers import group as peer_group
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded import EmbeddedPostgres
from app.adapters.db.migrations.commands import migrate
from app.adapters.db.servers import own_server_address
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.services import erasure
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.messages_module.settings import MessagesSettings
from app.modules.search_module.services import building
from app.settings import Settings, load_settings
from app.settings.auth_settings import AuthSettings
from app.settings.limits_settings import LimitsSettings
from app.settings.log import LogSettings
from app.utils.container import Container
from app.utils.logs import setup_logging
from tests.adapters.embedded.support import open_folder
from tests.databases import Databases, drop, execute
from tests.nats_server import NatsServer
from tests.servers import ReusedServer, Servers, client_of, listening, on_database, served

if TYPE_CHECKING:
    from app.modules.mail_module.tests.mailbox import Mailbox

pytest_plugins = ("tests.connections", "tests.people")

# On a busy machine an example takes as long as it needs.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[DatabaseAddress]:
    """The server: `PG_SERVER_ADDRESS` if it is set, else an embedded one without durability and autovacuum."""
    settings = load_settings(env_file=None)
    if not settings.db.is_embedded:
        yield own_server_address(settings.db)
        return
    # It has no TLS. A connection that asks for it and is cancelled leaves an exception behind, for another test.
    os.environ["PGSSLMODE"] = "disable"
    # Not below pytest's folders: pytest denies access to the user whom PostgreSQL runs as under root.
    folder = open_folder()
    try:
        with EmbeddedPostgres(folder / "postgres", durable=False, options={"autovacuum": "off"}) as server:
            yield server.address
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A NATS server for all tests that do not end it. Each uses a subject of its own."""
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """A database that is migrated once. The databases of the tests are clones of it."""
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


@pytest.fixture(scope="session")
async def servers(databases: Databases, base_settings: Settings) -> AsyncIterator[Servers]:
    """They build an index of searches only when they start: tests begin builds, and end them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "_PERIOD", 36_000.0)
        servers = Servers(databases, base_settings)
        yield servers
        await servers.close()


def runs(request: pytest.FixtureRequest) -> bool:
    """Returns True if the test uses a running server."""
    return "running_server" in request.fixturenames


@pytest.fixture
async def database_address(
    request: pytest.FixtureRequest, databases: Databases, servers: Servers
) -> AsyncIterator[DatabaseAddress]:
    """A database for the test, with all tables and no rows."""
    async with servers.one() if runs(request) else databases.one() as address:
        yield address


@pytest.fixture(scope="session")
def base_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Default settings, except for a cheap password hash and quiet logs.

    Servers that are kept for long do not delete old events by themselves: their tests make events a month old."""
    settings = load_settings(env_file=None)
    settings = replace(
        settings,
        streams=settings.streams.model_copy(update={"retention_days": 36_500}),
        auth=AuthSettings(argon2_time_cost=1, argon2_memory_cost=8, argon2_parallelism=1),
        log=LogSettings(enable=False),
        limits=LimitsSettings(enable=False),
        own={
            AttachmentSettings: AttachmentSettings(store=f"file://{tmp_path_factory.mktemp('files')}"),
            MessagesSettings: MessagesSettings(delegation_folder=tmp_path_factory.mktemp("sends")),
        },
    )
    setup_logging(settings.log)
    return settings


@pytest.fixture
def settings(base_settings: Settings, database_address: DatabaseAddress) -> Settings:
    """Settings of an application on this test's database."""
    return on_database(base_settings, database_address)


@pytest.fixture
def running_server(servers: Servers, database_address: DatabaseAddress) -> ReusedServer:
    """The server on this test's database. A test that needs another one overrides `app`."""
    return servers.on(database_address)


@pytest.fixture
def app(running_server: ReusedServer) -> FastAPI:
    """The application as it is deployed, running."""
    return running_server.app


@pytest.fixture
def container(app: FastAPI) -> Container:
    """The container with the services of the application's modules."""
    container: Container = app.state.container
    return container


@pytest.fixture
def erasing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Erasures do not wait for tokens to end."""
    monkeypatch.setattr(erasure, "TOKENS_END_AFTER", timedelta(0))


@pytest.fixture
async def mailbox() -> AsyncIterator["Mailbox"]:
    """The server that takes the application's mails."""
    # Few tests need the SMTP server.
    from app.modules.mail_module.tests.mailbox import mail_server

    async with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
async def server(request: pytest.FixtureRequest, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application, without an account."""
    async with client_of(app) if runs(request) else served(app) as http:
        yield http


@pytest.fixture
async def live_server(request: pytest.FixtureRequest, app: FastAPI) -> AsyncIterator[str]:
    """The running application on a real port; its address as host:port."""
    if runs(request):
        running: ReusedServer = request.getfixturevalue("running_server")
        yield running.address
    else:
        async with listening(app) as address:
            yield address


@pytest.fixture
async def other_server(settings: Settings) -> AsyncIterator[str]:
    """The address of a second server on the same database. From outside it looks like another process."""
    async with listening(build_app(settings)) as address:
        yield address


@pytest.fixture
async def quiet_log() -> AsyncIterator[list[str]]:
    """The log lines above level INFO. There must be none at the end."""
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{level} {message}")
    # The standard library's loggers lead there as well: those of uvicorn, and of asyncio for unretrieved exceptions.
    levels = {found: found.level for found in (logging.root, logging.getLogger("uvicorn.error"))}
    for found in levels:
        found.setLevel(logging.WARNING)
    yield lines
    gc.collect()
    for found, level in levels.items():
        found.setLevel(level)
    logger.remove(sink)
    assert lines == []


@pytest.fixture
def project_root() -> Path:
    return Path(__file__).parents[1]


@pytest.fixture
def every_process_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chats are shared by all processes, however few they are."""
    monkeypatch.setattr(peer_group, "MEMBERS_OF_ONE", 1)
