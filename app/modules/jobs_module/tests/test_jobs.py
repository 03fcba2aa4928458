"""Jobs: each runs once, by one of the processes, after the commit of the change that it belongs to."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.jobs_module.db.cruds import leases as crud
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Lane
from app.modules.jobs_module.tests.sample_jobs import (
    Text,
    enqueuing,
    note,
    noting,
    process,
    texts,
    until_empty,
    until_state,
)
from app.utils.container import Container
from tests.waiting import until

_LATER = timedelta(hours=1)


async def test_a_job_runs_after_the_commit_and_not_after_a_rollback(
    container: Container, connection: Connection
) -> None:
    job = noting()
    async with process(container, job) as here:
        async with here.database.sessions() as session:
            await here.jobs.enqueue(UnitOfWork(session), job, Text(text="rolled back"))
        assert await connection.fetchval("SELECT count(*) FROM job") == 0
        await here.enqueue(job, "committed")
        await until_empty(connection)
    assert await texts(connection) == ["committed"]


async def test_enqueuing_a_job_that_no_module_contributes_raises(container: Container) -> None:
    async with open_unit_of_work(container.get(Database)) as work:
        with pytest.raises(ValueError, match="no module contributes the job 'noting'"):
            await container.get(Jobs).enqueue(work, noting(), Text())


async def test_a_payload_of_another_model_is_refused(container: Container) -> None:
    job = noting()
    here = enqueuing(container, job)
    async with open_unit_of_work(here.database) as work:
        with pytest.raises(ValueError, match="the payload of the job 'noting' is a Text"):
            await here.jobs.enqueue(work, job, None)  # type: ignore[arg-type]


async def test_two_processes_run_each_job_once(container: Container, connection: Connection) -> None:
    job = noting()
    async with process(container, job) as here, process(container, job) as other:
        for first in range(0, 200, 50):
            async with open_unit_of_work(here.database) as work:
                for number in range(first, first + 50):
                    await (here if number % 2 else other).jobs.enqueue(work, job, Text(text=str(number)))
        await until_empty(connection)
    assert sorted(await texts(connection), key=int) == [str(number) for number in range(200)]


async def test_a_job_with_a_future_time_waits_for_it(container: Container, connection: Connection) -> None:
    job = noting()
    at = datetime.now(UTC)
    async with process(container, job) as here:
        await here.enqueue(job, "later", run_at=at + _LATER)
        await here.enqueue(job, "soon", run_at=at + timedelta(seconds=0.2))
        await here.enqueue(job, "now")
        await until(connection, "SELECT count(*) = 1 FROM job")
    assert sorted(await texts(connection)) == ["now", "soon"]


async def test_a_process_runs_jobs_that_another_process_enqueued(container: Container, connection: Connection) -> None:
    job = noting()
    async with process(container, job):
        await enqueuing(container, job).enqueue(job, "from elsewhere")
        await until_empty(connection)
    assert await texts(connection) == ["from elsewhere"]


async def test_owners_take_turns_in_a_lane(container: Container, connection: Connection) -> None:
    lane = Lane("turns", 1)
    job = noting(lane=lane.name, takes_turns=True)
    here, anna, boris = enqueuing(container, job), uuid4(), uuid4()
    for number in range(50):
        await here.enqueue(job, f"anna's {number}", owner=anna)
    await here.enqueue(job, "boris's", owner=boris)
    assert (await crud.count(connection, 100))[0]["oldest"] < 300
    async with process(container, job, lanes=[lane]):
        await until_empty(connection)
    done = await texts(connection)
    assert len(done) == 51
    assert done.index("boris's") < 10


async def test_only_one_job_waits_under_a_key(container: Container, connection: Connection) -> None:
    job, other = noting(), noting("other")
    owner = uuid4()
    here = enqueuing(container, job, other)
    first = await here.enqueue(job, "first", key="k")
    assert await here.enqueue(job, "second", key="k") == first
    # Another job, another owner, another key.
    assert await here.enqueue(other, "other job", key="k") != first
    mine = await here.enqueue(job, "mine", key="k", owner=owner)
    assert await here.enqueue(job, "mine again", key="k", owner=owner) == mine
    await here.enqueue(job, "other key", key="l")
    async with process(container, job, other):
        await until_empty(connection)
    assert set(await texts(connection)) == {"first", "other job", "mine", "other key"}


async def test_a_running_job_does_not_prevent_a_new_one_with_its_key(
    container: Container, connection: Connection
) -> None:
    may_end = asyncio.Event()

    async def run(context: JobContext, payload: Text) -> None:
        await note(context, payload.text)
        await may_end.wait()

    job = Job("waits", Text, run)
    async with process(container, job) as here:
        await here.enqueue(job, "first", key="k")
        await until(connection, "SELECT count(*) = 1 FROM noted")
        await here.enqueue(job, "second", key="k")
        await until(connection, "SELECT count(*) = 2 FROM noted")
        may_end.set()
        await until_empty(connection)
    assert await texts(connection) == ["first", "second"]


async def test_a_job_waits_for_all_transactions_that_enqueued_it(container: Container, connection: Connection) -> None:
    """Otherwise it would run before the second commit, and would not see the changes of that transaction."""
    job = noting()
    elsewhere = enqueuing(container, job)
    await elsewhere.enqueue(job, "first", key="k")
    async with open_unit_of_work(elsewhere.database) as work:
        await elsewhere.jobs.enqueue(work, job, Text(text="second"), key="k")
        async with process(container, job) as here:
            await here.enqueue(job, "another one")
            await until(connection, "SELECT count(*) = 1 FROM noted")
            assert await texts(connection) == ["another one"]
    async with process(container, job):
        await until_empty(connection)
    assert await texts(connection) == ["another one", "first"]


async def test_a_waiting_job_can_be_cancelled_or_rescheduled(container: Container, connection: Connection) -> None:
    job = noting()
    at = datetime.now(UTC)
    async with process(container, job) as here:
        for key in ("cancelled", "moved"):
            await here.enqueue(job, key, key=key, run_at=at + _LATER)
        async with open_unit_of_work(here.database) as work:
            assert await here.jobs.cancel(work, job, "cancelled")
            assert not await here.jobs.cancel(work, job, "cancelled")
            assert await here.jobs.reschedule(work, job, "moved", at)
            assert not await here.jobs.reschedule(work, job, "cancelled", at)
        await until_empty(connection)
    assert await texts(connection) == ["moved"]


async def test_waiting_and_dead_jobs_of_an_owner_are_removed_and_running_ones_are_not(
    container: Container, connection: Connection
) -> None:
    job, other = noting(), noting("other")
    here, owner = enqueuing(container, job, other), uuid4()
    for state in ("waiting", "dead", "running"):
        await here.enqueue(job, state, owner=owner)
        await connection.execute("UPDATE job SET state = $1 WHERE payload ->> 'text' = $1", state)
    await here.enqueue(job, "of another owner", owner=uuid4())
    await here.enqueue(other, "of another kind", owner=owner)
    async with open_unit_of_work(here.database) as work:
        await here.jobs.remove(work, job, owner)
    left = await connection.fetch("SELECT payload ->> 'text' AS text FROM job WHERE name IN ('noting', 'other')")
    assert {row["text"] for row in left} == {"running", "of another owner", "of another kind"}


async def test_a_lane_limits_how_many_jobs_run_at_once(container: Container, connection: Connection) -> None:
    at_once: list[int] = []
    busy = 0

    async def run(context: JobContext, payload: Text) -> None:
        nonlocal busy
        busy += 1
        at_once.append(busy)
        await note(context, payload.text)
        busy -= 1

    slow, job = Job("slow", Text, run, lane="narrow"), noting()
    async with process(container, slow, job, lanes=[Lane("narrow", 2)]) as here:
        for number in range(10):
            await here.enqueue(slow, f"slow {number}")
        await here.enqueue(job, "quick")
        await until_empty(connection)
    assert max(at_once) <= 2
    assert len(await texts(connection)) == 11


async def test_stored_jobs_move_to_the_new_lane_of_their_kind(container: Container, connection: Connection) -> None:
    old = noting(lane="of before")
    await enqueuing(container, old).enqueue(old, "moved")
    async with process(container, noting()):
        await until_empty(connection)
    assert await texts(connection) == ["moved"]


async def test_jobs_run_while_one_of_another_lane_cannot_be_moved(container: Container, connection: Connection) -> None:
    old, job = noting(lane="of before"), noting("other")
    await enqueuing(container, old).enqueue(old, "moved")
    async with connection.transaction():
        await connection.fetch("SELECT FROM job FOR UPDATE")
        async with process(container, noting(), job) as here:
            await here.enqueue(job, "not blocked")
            await until(connection, "SELECT count(*) = 1 FROM noted")
    assert await texts(connection) == ["not blocked"]


async def test_jobs_of_a_removed_module_wait(container: Container, connection: Connection) -> None:
    job, gone = noting(), noting("gone")
    await enqueuing(container, gone).enqueue(gone, "of the module that is gone")
    async with process(container, job) as here:
        await here.enqueue(job, "goes on")
        await until(connection, "SELECT count(*) = 1 FROM job")
        await until_state(connection, "waiting")
    async with process(container, gone):
        await until_empty(connection)
    assert await texts(connection) == ["goes on", "of the module that is gone"]
