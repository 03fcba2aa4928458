"""Work in the background ends with its block, even if it swallows its cancellation."""

import asyncio

import pytest

from app.utils.background import running


async def test_work_that_treats_its_cancellation_as_an_error_still_ends() -> None:
    """As a database driver does in the middle of a statement."""
    lost = 0

    async def go_on() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost += 1

    async with asyncio.timeout(20):
        async with running(go_on()):
            await asyncio.sleep(0)
    assert lost == 1


async def test_failing_background_work_is_reported() -> None:
    async def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError):
        async with running(fail()):
            await asyncio.sleep(0.01)
