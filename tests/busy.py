"""Calls to a server that may be busy."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx


async def when_not_busy(call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Repeats a call as clients do: a busy server may answer 503, and has then changed nothing. Returns its answer."""
    async with asyncio.timeout(30):
        while (response := await call()).status_code == 503:
            assert "retry-after" in response.headers, response.text
            await asyncio.sleep(0.1)
    return response


async def at_once(*calls: Callable[[], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """Makes calls at the same time: a busy server refuses some that wait for each other. Returns their answers."""
    return await asyncio.gather(*map(when_not_busy, calls))
