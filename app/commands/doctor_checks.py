"""The checks of `python manage.py doctor` that do not read tables."""

import asyncio
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

from app.adapters.db.connection import Connection
from app.adapters.db.connection_counts import connections_of_process
from app.resources.constants import LOGS_DIR
from app.settings import Settings, SettingsGroup, unknown_variables
from app.settings.limits_settings import LimitsSettings
from app.settings.streams_settings import StreamsSettings
from app.utils.folders import find_write_problems
from app.utils.invariants import Invariant

_TIMEOUT = 2.0
"""Seconds to wait for Redis, and for a notification."""


class Finding(NamedTuple):
    """The result of one check. `wrong` has the problems that were found; it is empty if there are none."""

    about: str
    wrong: Sequence[str] = ()
    advice: str = ""
    invariant: Invariant | None = None
    stream_ids: Sequence[UUID] = ()


def check_variable_names(own: Iterable[type[SettingsGroup]]) -> Finding:
    unknown = unknown_variables(own=own)
    return Finding("every variable is a known setting", unknown, "correct or remove the variable")


def check_disk_space(settings: Settings, least_free_mb: int) -> Finding:
    places = [LOGS_DIR, *([settings.db.embedded_data_path] if settings.db.is_embedded else [])]
    free = {place: shutil.disk_usage(_existing(place)).free >> 20 for place in places}
    full = [f"{place}: {left} MB are free" for place, left in free.items() if left < least_free_mb]
    return Finding(
        f"{least_free_mb} MB of disk are free", full, "free some space: PostgreSQL stops when its disk is full"
    )


def check_log_files() -> Finding:
    advice = "give the user who runs the server write access, or set LOG_WRITE_TO_FILE=false"
    return Finding("log files can be written", find_write_problems(LOGS_DIR), advice)


def _existing(place: Path) -> Path:
    return next(folder for folder in (place, *place.parents) if folder.is_dir())


async def check_rate_limit_storage(settings: LimitsSettings) -> Finding:
    """Checks the Redis in which the processes count together."""
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    wrong = []
    client = Redis.from_url(
        settings.storage.get_secret_value(), socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
    )
    try:
        await client.execute_command("PING")  # type: ignore[no-untyped-call]
    except (RedisError, OSError, ValueError) as error:
        wrong = [f"{type(error).__name__}: {error}"]
    finally:
        await client.aclose()
    advice = "start Redis, or set RATE_LIMIT_STORAGE; until then each process counts separately"
    return Finding("the storage of the rate limits answers", wrong, advice)


async def check_nats(settings: StreamsSettings) -> Finding:
    """Checks that every NATS server can be used, and that they are one cluster."""
    from app.adapters.clients.bus.nats import find_problems

    wrong = await find_problems(settings.bus_servers, settings.bus_subject, _TIMEOUT)
    return Finding(
        "notifications arrive at all servers of BUS_URL",
        wrong,
        "check BUS_URL, and that the NATS servers are one cluster; until then events arrive up to 1.5 s late",
    )


async def check_notifications(connection: Connection) -> Finding:
    """Checks that notifications arrive. The bus needs them; a pooler in transaction mode loses them."""
    received = asyncio.Event()
    channel = f"doctor_{uuid4().hex}"

    def on_notification(*_: object) -> None:
        received.set()

    wrong = []
    await connection.add_listener(channel, on_notification)
    try:
        await connection.execute("SELECT pg_notify($1, '')", channel)
        async with asyncio.timeout(_TIMEOUT):
            await received.wait()
    except TimeoutError:
        wrong = ["a notification was sent and not received"]
    finally:
        await connection.remove_listener(channel, on_notification)
    return Finding("notifications arrive", wrong, "connect to PostgreSQL directly, or through a pooler in session mode")


async def check_connections(connection: Connection, settings: Settings) -> Finding:
    allowed = int(
        await connection.fetchval(
            "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        )
    )
    workers, each = settings.app.workers, connections_of_process(settings)
    too_many = f"{workers} processes with {each} connections each need {workers * each}, PostgreSQL allows {allowed}"
    return Finding(
        "PostgreSQL allows as many connections as this server may open; servers beside it are not counted",
        [too_many] if workers * each > allowed else [],
        "raise max_connections, or lower PG_POOL_SIZE, PG_SESSION_POOL_SIZE or API_WORKERS",
    )
