"""Work in the background ends with its block, even if it swallows its cancellation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.utils.background import Background, running


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


async def test_work_that_waits_for_a_condition_starts_during_the_block_and_ends_with_it() -> None:
    steps: list[str] = []
    answers = iter([False, False, True])
    has_begun = asyncio.Event()

    @asynccontextmanager
    async def work() -> AsyncIterator[None]:
        steps.append("begin")
        has_begun.set()
        yield
        steps.append("end")

    async def is_ready() -> bool:
        return next(answers)

    background = Background()
    background.add(work)
    async with asyncio.timeout(20), background.working_when(is_ready):
        steps.append("serve")
        await has_begun.wait()
        assert steps == ["serve", "begin"]
    assert steps == ["serve", "begin", "end"]


async def test_work_whose_condition_is_never_met_does_not_start() -> None:
    async def work() -> None:
        raise AssertionError

    async def is_ready() -> bool:
        return False

    background = Background()
    background.add(lambda: running(work()))
    async with asyncio.timeout(20), background.working_when(is_ready):
        await asyncio.sleep(0)
