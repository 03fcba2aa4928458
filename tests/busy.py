"""Calls to a server that may be busy, and transactions that wait."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from app.utils.container import Container
from tests.databases import rows
from tests.fakers import eventually

_WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def when_not_busy(call: Callable[[], Awaitable[httpx.Response]], seconds: float = 30.0) -> httpx.Response:
    """Repeats a call as clients do: a busy server may answer 503, and has then changed nothing. Returns its answer."""
    async with asyncio.timeout(seconds):
        while (response := await call()).status_code == 503:
            assert "retry-after" in response.headers, response.text
            await asyncio.sleep(0.1)
    return response


async def until_waiting(container: Container, many: int) -> None:
    """Waits until this many transactions wait for locks."""

    async def do_wait() -> bool:
        return len(await rows(container, _WAITING)) >= many

    await eventually(do_wait)
