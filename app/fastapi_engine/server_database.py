"""The database of a server: the embedded PostgreSQL, which the first process owns, or another one. It is migrated."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from loguru import logger

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection_counts import connections_of_process
from app.adapters.db.diagnosis import DatabaseNotReady, diagnose
from app.adapters.db.embedded import EmbeddedPostgres
from app.adapters.db.servers import embedded_server, needs_migrations, own_server_address
from app.settings import Settings

_TRY_AGAIN_AFTER = 1.0
"""Seconds between two attempts to reach a database that is unavailable at the start."""
_WATCH_PERIOD = 1.0
_FOR_COMMANDS = 180
"""Connections for commands of `manage.py`. Six of them may be workers with pools of the default sizes."""


@contextmanager
def database(settings: Settings) -> Iterator[DatabaseAddress]:
    """Starts the embedded server and passes its address to the workers in the variables `PG_SERVER_*`."""
    if not settings.db.is_embedded:
        yield own_server_address(settings.db)
        return
    connections = settings.app.workers * connections_of_process(settings) + _FOR_COMMANDS
    server = embedded_server(settings.db, {"max_connections": str(connections)})
    try:
        address = server.start()
        os.environ |= address.variables()
        with _ending_with(server):
            yield address
    finally:
        server.stop()


@contextmanager
def _ending_with(server: EmbeddedPostgres) -> Iterator[None]:
    """Ends the process with exit status 1 if PostgreSQL ends during the block: a supervisor starts both again."""
    is_over, has_died = threading.Event(), threading.Event()

    def watch() -> None:
        while not is_over.wait(_WATCH_PERIOD):
            if not server.alive:
                logger.error("the server ends: its PostgreSQL has ended; see postgres.log in PG_EMBEDDED_DATA_DIR")
                has_died.set()
                # Requests and workers end as after any other signal.
                os.kill(os.getpid(), signal.SIGTERM)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        is_over.set()
        if has_died.is_set():
            raise SystemExit(1)


def migrate(address: DatabaseAddress) -> None:
    """Migrates the database; if it is unavailable, as soon as it is available again.

    The server runs until then, but is not ready. Raises DatabaseNotReady if an operator has to change something first.
    """
    try:
        _bring_up_to_date(address)
    except Exception as error:
        problem = diagnose(error, address)
        if problem is None:
            raise
        if problem.is_permanent:
            raise DatabaseNotReady(f"database {address.database}: {problem}") from error
        logger.warning("waiting for database {}: {}", address.database, problem)
        threading.Thread(target=_migrate_later, args=(address, str(problem)), daemon=True).start()


def _bring_up_to_date(address: DatabaseAddress) -> None:
    if needs_migrations(address):
        # Alembic is slow to import, and needed only if there are new migrations.
        from app.adapters.db.migrations import commands

        logger.info("migrating the database")
        commands.migrate(address)


def _migrate_later(address: DatabaseAddress, known_problem: str) -> None:
    """Tries to migrate until it succeeds. Logs each problem once."""
    while True:
        time.sleep(_TRY_AGAIN_AFTER)
        try:
            _bring_up_to_date(address)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next try may succeed
            problem = str(diagnose(error, address) or error)
            if problem != known_problem:
                logger.error("waiting for database {}: {}", address.database, problem)
            known_problem = problem
        else:
            logger.info("database {} is available", address.database)
            return
