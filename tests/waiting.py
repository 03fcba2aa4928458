"""Waits for what other tasks and processes write, and for transactions that wait for locks."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from app.adapters.db.connection import Connection
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import eventually

Result = TypeVar("Result")

_WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def until(connection: Connection, statement: str, *values: object) -> None:
    """Waits until a statement returns true."""

    async def is_true() -> bool:
        return bool(await connection.fetchval(statement, *values))

    await eventually(is_true)


async def until_waiting(container: Container, many: int) -> None:
    """Waits until this many transactions wait for locks."""

    async def do_wait() -> bool:
        return len(await rows(container, _WAITING)) >= many

    await eventually(do_wait)


async def begin_in_order(container: Container, *calls: Coroutine[Any, Any, Result]) -> list[asyncio.Task[Result]]:
    """Begins calls that wait for a lock, each after those before it wait: they get the lock in this order."""
    begun: list[asyncio.Task[Result]] = []
    for call in calls:
        begun.append(asyncio.create_task(call))
        await until_waiting(container, len(begun))
    return begun
