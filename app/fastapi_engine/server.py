"""The first process of a server. It owns the port and the embedded PostgreSQL, and serves itself or through workers."""

import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from loguru import logger
from uvicorn.supervisors import ChangeReload

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.diagnosis import DatabaseNotReady
from app.adapters.db.embedded import EmbeddedPostgresError
from app.adapters.db.migrations.heads import DatabaseIsNewer
from app.fastapi_engine.connection_limit import raise_file_limit
from app.fastapi_engine.metrics_folder import metrics_folder
from app.fastapi_engine.patched.listening import ListeningServer, format_address, refuse_address
from app.fastapi_engine.patched.workers import serve_by_workers
from app.fastapi_engine.proxies import proxy_options
from app.fastapi_engine.server_database import database, migrate
from app.resources.constants import MAX_FRAME_BYTES
from app.settings import PROJECT_ROOT, Mode, Settings, SettingsError, unknown_variables
from app.settings.app_settings import AppSettings
from app.settings.log import LogSettings
from app.utils.err_message import stop_with
from app.utils.logs import setup_logging
from app.utils.own_settings import load_all_settings, own_groups
from app.utils.processes import METRICS_VARIABLE, PARENT_VARIABLE
from app.utils.setup_modules import ModulesError, choose_modules, read_modules

_GRACE = 5
"""Seconds that requests in progress have to finish once the server receives a signal to stop."""
_IDLE = 75
"""Seconds that a connection stays open between two requests. Proxies keep theirs for less (nginx 60 s), so the sender
of requests is the side that closes. Otherwise a request may meet the close, and its sender cannot know if it was
executed."""
_WORKER_HEALTH_TIMEOUT = 30
"""Seconds after which a worker that does not answer pings is killed and replaced. It does not answer while it imports,
which takes long on a busy machine; its replacement would not be faster."""


def main() -> None:
    """Serves until a signal to stop. Prints one line for an error that an operator can correct."""
    signals = _Signals()
    raise_file_limit()
    try:
        known = read_modules()
        settings = load_all_settings(known)
        setup_logging(settings.log)
        for line in unknown_variables(own=own_groups(known.values())):
            logger.warning(line)
        choose_modules(known, settings.modules.enabled_modules)
        listener = _bind(settings.app)
        with database(settings) as address:
            migrate(address)
            if not signals.shutdown_requested:
                _serve(settings, listener, address)
    except SettingsError as error:
        stop_with(*error.problems)
    except (ModulesError, EmbeddedPostgresError, DatabaseIsNewer, DatabaseNotReady) as error:
        stop_with(str(error))


def _bind(settings: AppSettings) -> socket.socket:
    """Binds the port before anything else is started. The socket listens only once a process starts to serve."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only for sockets with IPPROTO_TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.service_port))
    except OSError as error:
        listener.close()
        refuse_address(settings.host, settings.service_port, error)
    listener.set_inheritable(True)
    return listener


def _serve_migrated(
    serve: Callable[[list[socket.socket] | None], None],
    log: LogSettings,
    address: DatabaseAddress,
    sockets: list[socket.socket],
) -> None:
    """Migrates the database, then serves, in a process that a reload started: a new module may have brought a table."""
    setup_logging(log)
    try:
        migrate(address)
    except (DatabaseIsNewer, DatabaseNotReady) as error:
        stop_with(str(error))
    serve(sockets)


def _serve(all_settings: Settings, listener: socket.socket, address: DatabaseAddress) -> None:
    settings = all_settings.app
    os.environ[PARENT_VARIABLE] = str(os.getpid())
    config = uvicorn.Config(
        "app.fastapi_engine.app:create_app",
        factory=True,
        workers=settings.workers,
        reload=settings.reloads,
        reload_dirs=[str(PROJECT_ROOT / "app")] if settings.reloads else None,
        **uvicorn_options(**proxy_options(settings)),
    )
    logger.info(_browser_url(settings, listener))
    server = ListeningServer(config)
    if settings.reloads:
        target = partial(_serve_migrated, server.run, all_settings.log, address)
        ChangeReload(config, target=target, sockets=[listener]).run()
    elif settings.workers > 1:
        with metrics_folder() as folder:
            os.environ[METRICS_VARIABLE] = folder
            serve_by_workers(config, listener)
    else:
        server.run(sockets=[listener])


def _browser_url(settings: AppSettings, listener: socket.socket) -> str:
    """Returns the URL to open in a browser."""
    return f"http://{format_address(*listener.getsockname()[:2])}{'' if settings.mode is Mode.PROD else '/docs'}"


def uvicorn_options(**more: Any) -> dict[str, Any]:
    """Returns uvicorn's options for this application, wherever it runs."""
    return {
        # By name, so that a first process that only starts workers does not import them.
        "http": "app.fastapi_engine.patched.http_protocol:HttpProtocol",
        # The HTTP protocol switches to its own WebSocket protocol.
        "ws": "none",
        "ws_max_size": MAX_FRAME_BYTES,
        # With compression a frame costs several times as much, and each socket 64 KiB more.
        "ws_per_message_deflate": False,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": _GRACE,
        "timeout_keep_alive": _IDLE,
        "timeout_worker_healthcheck": _WORKER_HEALTH_TIMEOUT,
        **more,
    }


class _Signals:
    """Makes Ctrl-C and SIGTERM raise SystemExit. By default SIGTERM would end the process without `finally`."""

    def __init__(self) -> None:
        self.shutdown_requested = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)

    def _end(self, number: int, frame: FrameType | None) -> None:
        # The exception may be lost if Python is inside a callback of its own, for example around a fork.
        self.shutdown_requested = True
        raise SystemExit(0)
