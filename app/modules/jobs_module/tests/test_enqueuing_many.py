"""Many jobs of one kind that are enqueued together, with the same meaning as one by one."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.jobs_module.db.cruds.leases import claim
from app.modules.jobs_module.extension import Job, Jobs, NewJob
from app.modules.jobs_module.tests.sample_jobs import Process, Text, enqueuing, noting, process, texts, until_empty
from app.utils.container import Container
from tests.waiting import until

_LATER = timedelta(hours=1)
_ARE_BLOCKED = """
SELECT count(*) = $1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
_TURNS = """
SELECT job.key, round(extract(epoch FROM other.run_at - job.run_at) / -10)::int AS turn FROM job
JOIN job other ON other.owner_id = $1 WHERE job.name = 'noting' AND job.key IS DISTINCT FROM 'waits'
"""
"""By key: how many turns a job is behind that of the owner."""


def _new(*keys: str) -> list[NewJob]:
    """Returns jobs with these keys, which are their texts too."""
    return [NewJob(Text(text=key), key) for key in keys]


async def _enqueue(here: Process, job: Job, new: Sequence[NewJob]) -> list[UUID]:
    async with open_unit_of_work(here.database) as work:
        return await here.jobs.enqueue_all(work, job, new)


async def test_each_of_many_jobs_runs_after_the_commit(container: Container, connection: Connection) -> None:
    job = noting()
    async with process(container, job) as here:
        ids = await _enqueue(here, job, _new(*map(str, range(100))))
        await until_empty(connection)
    noted = await connection.fetch("SELECT job_id, text FROM noted")
    assert {row["job_id"]: row["text"] for row in noted} == {ids[number]: str(number) for number in range(100)}


async def test_jobs_without_a_key_are_all_added(container: Container, connection: Connection) -> None:
    job, owner = noting(), uuid4()
    new = [NewJob(Text(text=str(number)), owner_id=owner if number < 2 else None) for number in range(4)]
    assert len(set(await _enqueue(enqueuing(container, job), job, new))) == 4
    stored = await connection.fetch("SELECT owner_id, id FROM job WHERE name = 'noting' ORDER BY payload ->> 'text'")
    assert [row["owner_id"] for row in stored] == [owner, owner, stored[2]["id"], stored[3]["id"]]


async def test_after_a_rollback_none_of_them_is_left(container: Container, connection: Connection) -> None:
    job = noting()
    here = enqueuing(container, job)
    async with here.database.sessions() as session:
        work = UnitOfWork(session)
        await here.jobs.enqueue_all(work, job, _new("a", "b"))
        assert await (await work.raw()).fetchval("SELECT count(*) FROM job WHERE name = 'noting'") == 2
    assert await connection.fetchval("SELECT count(*) FROM job WHERE name = 'noting'") == 0


async def test_nothing_is_enqueued_of_an_empty_list(container: Container, connection: Connection) -> None:
    job = noting()
    assert await _enqueue(enqueuing(container, job), job, []) == []
    assert await connection.fetchval("SELECT count(*) FROM job WHERE name = 'noting'") == 0


async def test_of_a_key_that_is_given_twice_the_first_job_counts(container: Container, connection: Connection) -> None:
    job, owner = noting(), uuid4()
    new = [
        NewJob(Text(text="first"), "k"),
        NewJob(Text(text="of another owner"), "k", owner_id=owner),
        NewJob(Text(text="second"), "k"),
    ]
    async with process(container, job) as here:
        first, other, second = await _enqueue(here, job, new)
        await until_empty(connection)
    assert first == second != other
    assert sorted(await texts(connection)) == ["first", "of another owner"]


async def test_a_job_that_waits_under_its_key_stays_as_it_is(container: Container, connection: Connection) -> None:
    job, at = noting(), datetime.now(UTC)
    here = enqueuing(container, job)
    waiting = await here.enqueue(job, "waits", key="b", run_at=at + _LATER)
    new = await _enqueue(here, job, _new("a", "b", "c"))
    assert new[1] == waiting
    async with process(container, job):
        await until(connection, "SELECT count(*) = 1 FROM job")
    assert sorted(await texts(connection)) == ["a", "c"]
    assert await connection.fetchval("SELECT run_at FROM job") == at + _LATER


async def test_a_running_job_does_not_count(container: Container, connection: Connection) -> None:
    job = noting()
    here = enqueuing(container, job)
    running = await here.enqueue(job, "runs", key="b")
    await claim(connection, {"default": 8}, [job.name], uuid4())
    assert running not in await _enqueue(here, job, _new("a", "b"))


async def test_times_are_kept_and_jobs_without_one_are_due_at_once(
    container: Container, connection: Connection
) -> None:
    job, at = noting(), datetime.now(UTC)
    await _enqueue(enqueuing(container, job), job, [NewJob(Text(), "later", at + _LATER), NewJob(Text(), "now")])
    rows = await connection.fetch("SELECT run_at, run_at <= now() AS is_due FROM job ORDER BY key")
    assert [row["is_due"] for row in rows] == [False, True]
    assert rows[0]["run_at"] == at + _LATER


async def test_jobs_of_one_owner_take_turns_in_the_given_order(container: Container, connection: Connection) -> None:
    """As if they were enqueued one after the other: the waiting job of the owner counts once."""
    job, anna, boris = noting(takes_turns=True), uuid4(), uuid4()
    here = enqueuing(container, job)
    await here.enqueue(job, "waits", key="waits", owner=anna)
    keys = ["c", "waits", "b", "a", *(str(number) for number in range(80))]
    await _enqueue(here, job, [*(NewJob(Text(), key, owner_id=anna) for key in keys), NewJob(Text(), owner_id=boris)])
    turns = {row["key"]: row["turn"] for row in await connection.fetch(_TURNS, boris)}
    assert [turns[key] for key in (None, "c", "b", "a", "0", "55", "79")] == [0, 1, 2, 3, 4, 59, 60]


async def test_a_held_job_runs_after_the_commit_of_those_that_enqueued_it(
    container: Container, connection: Connection
) -> None:
    job = noting()
    here = enqueuing(container, job)
    await _enqueue(here, job, _new("a", "b"))
    async with open_unit_of_work(here.database) as work:
        await here.jobs.enqueue_all(work, job, _new("b", "c"))
        claimed = await claim(connection, {"default": 8}, [job.name], uuid4())
        assert [row["payload"] for row in claimed] == ['{"text":"a"}']


async def test_processes_that_enqueue_the_same_keys_in_different_orders_cause_no_deadlock(
    container: Container, connection: Connection
) -> None:
    job = noting()
    here, keys = enqueuing(container, job), [str(number) for number in range(300)]

    async def enqueue(new: Sequence[str]) -> list[UUID]:
        return await _enqueue(here, job, _new(*new))

    for round_ in range(5):
        named = [f"{round_} {key}" for key in keys]
        there, back = await asyncio.gather(enqueue(named), enqueue([*reversed(named)]))
        assert there == [*reversed(back)]
    assert await connection.fetchval("SELECT count(*) FROM job WHERE name = 'noting'") == 1_500


async def test_a_job_that_another_process_adds_meanwhile_is_the_one(
    container: Container, connection: Connection
) -> None:
    job = noting()
    here = enqueuing(container, job)
    async with open_unit_of_work(here.database) as work:
        theirs = await here.jobs.enqueue(work, job, Text(text="theirs"), key="b")
        enqueuing_all = asyncio.create_task(_enqueue(here, job, _new("a", "b")))
        await until(connection, _ARE_BLOCKED, 1)
    assert (await enqueuing_all)[1] == theirs


async def test_a_job_that_is_added_and_claimed_meanwhile_is_added_once_more(
    container: Container, connection: Connection
) -> None:
    job, owner = noting(), uuid4()
    here = enqueuing(container, job)
    async with open_unit_of_work(here.database) as work:
        held = await here.jobs.enqueue(work, job, Text(text="c"), "c", owner_id=owner)
        async with open_unit_of_work(here.database) as other:
            claimed = await here.jobs.enqueue(other, job, Text(text="b"), "b", owner_id=owner)
            new = [NewJob(Text(text=key), key, owner_id=owner) for key in "abc"]
            enqueuing_all = asyncio.create_task(_enqueue(here, job, new))
            await until(connection, _ARE_BLOCKED, 1)
        # Now it waits for the third one, and has passed the second one.
        await until(connection, "SELECT count(*) = 1 FROM job WHERE key = 'b'")
        await until(connection, _ARE_BLOCKED, 1)
        (row,) = await claim(connection, {"default": 8}, [job.name], uuid4())
        assert row["id"] == claimed
    added = await enqueuing_all
    assert added[1] != claimed
    assert added[2] == held
    stored = await connection.fetch("SELECT id, state FROM job WHERE name = 'noting'")
    assert {row["id"]: row["state"] for row in stored} == {claimed: "running"} | dict.fromkeys(added, "waiting")


async def test_jobs_that_no_module_contributes_or_of_another_payload_are_refused(container: Container) -> None:
    job = noting()
    here = enqueuing(container, job)
    async with open_unit_of_work(container.get(Database)) as work:
        with pytest.raises(ValueError, match="no module contributes the job 'noting'"):
            await container.get(Jobs).enqueue_all(work, job, _new("a", "b"))
        with pytest.raises(ValueError, match="the payload of the job 'noting' is a Text"):
            await here.jobs.enqueue_all(work, job, [NewJob(Text()), NewJob(None)])  # type: ignore[arg-type]
