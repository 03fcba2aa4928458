"""`python manage.py worker`, a process that runs subscribers and jobs, and serves only its metrics."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from types import FrameType
from typing import Annotated

import typer
from fastapi import FastAPI
from prometheus_client import start_http_server
from pydantic import SecretStr

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.servers import database_server, require_migrated
from app.fastapi_engine.constructor import build_app
from app.modules.messages_module.settings import MessagesSettings
from app.settings import Settings
from app.utils.err_message import stop_with
from app.utils.logs import setup_logging
from app.utils.metrics import collect
from app.utils.own_settings import load_all_settings
from app.utils.processes import shared_metrics
from app.utils.setup_modules import discover_modules

commands = typer.Typer()


@commands.command()
def worker(
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="serve the worker's metrics on this port of API_HOST")
    ] = None,
) -> None:
    """Run subscribers and jobs until SIGTERM or Ctrl-C, whatever API_BACKGROUND is. Serves no requests but for metrics.

    The embedded PostgreSQL belongs to the server: with it a worker starts only while the server runs.
    """
    signal.signal(signal.SIGTERM, _end)
    settings = load_all_settings(discover_modules())
    setup_logging(settings.log)
    with database_server(settings.db, may_start=False) as address:
        require_migrated(address)
        with nullcontext() if metrics_port is None else _serving_metrics(settings.app.host, metrics_port):
            asyncio.run(work(build_app(_for_worker(settings, address))))


async def work(app: FastAPI) -> None:
    """Runs the application without serving it, until the process receives a signal to stop."""
    loop = asyncio.get_running_loop()
    shutdown_requested = asyncio.Event()

    def handle_signal(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(shutdown_requested.set)

    before = {number: signal.signal(number, handle_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        async with app.router.lifespan_context(app):
            await shutdown_requested.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _serving_metrics(host: str, port: int) -> Iterator[None]:
    """Serves the metrics in a thread, so that a scrape is answered even if the event loop is blocked."""
    try:
        server, thread = start_http_server(port, host, collect(shared_metrics()))
    except OSError as error:
        stop_with(f"cannot listen on {host}:{port} ({error.strerror}): choose another --metrics-port")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _for_worker(settings: Settings, address: DatabaseAddress) -> Settings:
    """Returns the settings with background work enabled, for this database. A worker writes no sends of others."""
    place = {
        "server_address": address.host,
        "server_port": address.port,
        "server_login": address.user,
        "server_passwd": SecretStr(address.password),
        "server_db": address.database,
    }
    own = dict(settings.own)
    if (messages := own.get(MessagesSettings)) is not None:
        own[MessagesSettings] = messages.model_copy(update={"delegation": False})
    return replace(
        settings,
        app=settings.app.model_copy(update={"background": True}),
        own=own,
        db=settings.db.model_copy(update=place),
    )


def _end(number: int, frame: FrameType | None) -> None:
    """Raises SystemExit with the status of a success: SIGTERM is the usual end of a worker."""
    raise SystemExit(0)
