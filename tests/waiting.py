"""Transactions that wait for locks."""

from app.utils.container import Container
from tests.databases import rows
from tests.fakers import eventually

_WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def until_waiting(container: Container, many: int) -> None:
    """Waits until this many transactions wait for locks."""

    async def do_wait() -> bool:
        return len(await rows(container, _WAITING)) >= many

    await eventually(do_wait)
