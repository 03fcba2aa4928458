"""The queue that admits waiters of different keys in turn."""

import asyncio

import pytest

from app.utils.fair_queue import FairQueue


async def test_keys_take_turns_however_many_wait_under_one() -> None:
    queue, served = FairQueue(1), list[str]()

    async def work(key: str) -> None:
        async with queue.place(key, 60):
            served.append(key)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(key) for key in ["flood"] * 6 + ["anna", "boris", "anna"]))
    assert served == ["flood", "flood", "anna", "boris", "flood", "anna", "flood", "flood", "flood"]
    assert queue.count("flood") == 0


async def test_no_more_than_the_limit_run_at_once() -> None:
    queue, now, most = FairQueue(3), 0, 0

    async def work(number: int) -> None:
        nonlocal now, most
        async with queue.place(str(number % 4), 60):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(*(work(number) for number in range(40)))
    assert (now, most) == (0, 3)


async def test_a_cancelled_waiter_gives_its_place_back() -> None:
    queue, free = FairQueue(1), asyncio.Event()

    async def hold() -> None:
        async with queue.place("holder", 60):
            await free.wait()

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        async with queue.place("late", 0.01):
            pytest.fail("there is no place")
    waiting = [asyncio.create_task(hold()) for _ in range(4)]
    await asyncio.sleep(0)
    # Cancelled at the moment when a place becomes free, before and behind waiters that go on.
    free.set()
    for task in waiting[::2]:
        task.cancel()
    await asyncio.gather(holder, *waiting, return_exceptions=True)
    assert [task.cancelled() for task in waiting] == [True, False, True, False]
    async with queue.place("anybody", 60):
        pass
    assert queue.count("holder") == queue.count("late") == 0


async def test_a_task_gets_a_place_though_the_one_before_it_under_its_key_was_cancelled_when_it_came() -> None:
    queue = FairQueue(1)

    async def work(key: str) -> None:
        async with queue.place(key, 5):
            await asyncio.sleep(0)

    async with queue.place("holder", 5):
        cancelled, other = asyncio.create_task(work("a")), asyncio.create_task(work("b"))
        await asyncio.sleep(0)
        # It comes after the place is given to the other key, and before the cancelled task notices its end.
        late = asyncio.create_task(work("a"))
        cancelled.cancel()
    await asyncio.gather(other, late)
    assert cancelled.cancelled()
    assert queue.count("a") == queue.count("b") == 0
