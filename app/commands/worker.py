"""`python manage.py worker`: a process that runs subscribers and jobs, and serves nothing."""

import asyncio
import signal
from dataclasses import replace
from types import FrameType

import typer
from fastapi import FastAPI
from pydantic import SecretStr

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.diagnosis import DatabaseNotReady
from app.adapters.db.provide import database_server, is_migrated
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from app.utils.logs import setup_logging
from app.utils.own_settings import load_all_settings
from app.utils.setup_modules import discover_modules

commands = typer.Typer()


@commands.command()
def worker() -> None:
    """Run subscribers and jobs until SIGTERM or Ctrl-C, whatever API_BACKGROUND is. Serves no requests.

    Uses the embedded database of the running server; if no server is running, starts it for as long as the worker runs.
    """
    signal.signal(signal.SIGTERM, _end)
    settings = load_all_settings(discover_modules())
    setup_logging(settings.log)
    with database_server(settings.db) as address:
        if not is_migrated(address):
            raise DatabaseNotReady(f"database {address.database} is not migrated: run `python manage.py db migrate`")
        asyncio.run(work(build_app(_for_worker(settings, address))))


async def work(app: FastAPI) -> None:
    """Runs the application without serving it, until the process is asked to end."""
    loop = asyncio.get_running_loop()
    asked_to_end = asyncio.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(asked_to_end.set)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        async with app.router.lifespan_context(app):
            await asked_to_end.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _for_worker(settings: Settings, address: DatabaseAddress) -> Settings:
    """Returns the settings with the work in the background, on this database."""
    place = {
        "server_address": address.host,
        "server_port": address.port,
        "server_login": address.user,
        "server_passwd": SecretStr(address.password),
        "server_db": address.database,
    }
    return replace(
        settings,
        app=settings.app.model_copy(update={"background": True}),
        db=settings.db.model_copy(update=place),
    )


def _end(number: int, frame: FrameType | None) -> None:
    """By default SIGTERM would end the process with no `finally`, and leave an embedded server behind."""
    raise SystemExit(0)
