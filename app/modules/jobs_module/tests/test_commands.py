"""`manage.py jobs`, and the checks of jobs by `doctor`."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.jobs_module.db.cruds.leases import claim
from app.modules.jobs_module.db.invariants import INVARIANTS
from app.modules.jobs_module.tests.sample_jobs import enqueuing, noting, process, texts, until_empty
from app.utils.container import Container
from tests.manage import manage

_DIE = "UPDATE job SET state = 'dead', attempts = 10, last_error = 'ValueError: too bad' WHERE id = $1"


async def test_an_operator_lists_retries_and_cancels_jobs(
    container: Container, connection: Connection, database_address: DatabaseAddress
) -> None:
    job = noting()
    here = enqueuing(container, job)
    dead = await here.enqueue(job, "retried")
    await connection.execute(_DIE, dead)
    later = await here.enqueue(job, key="k", run_at=datetime(2030, 1, 2, tzinfo=UTC))
    listed = (await manage(database_address, "jobs", "list")).stdout.splitlines()
    # Each minute the application has jobs of its own for a moment.
    assert [line for line in listed if " noting" in line] == [
        f"{dead} noting: dead, no enabled module runs it, lane default, "
        f"run at {await _run_at(connection)}, 10 attempts: ValueError: too bad",
        f"{later} noting key k: waiting, no enabled module runs it, lane default, "
        "run at 2030-01-02 00:00:00+0000, 0 attempts",
    ]
    assert str(later) not in (await manage(database_address, "jobs", "list", "--state", "dead")).stdout
    assert (await manage(database_address, "jobs", "cancel", str(later))).exit_code == 0
    assert (await manage(database_address, "jobs", "cancel", str(later))).exit_code == 1
    assert (await manage(database_address, "jobs", "retry", str(later))).exit_code == 1
    assert (await manage(database_address, "jobs", "retry", str(dead))).exit_code == 0
    async with process(container, job):
        await until_empty(connection)
    assert await texts(connection) == ["retried"]


async def test_a_dead_job_is_not_retried_if_a_newer_job_waits_under_its_key(
    container: Container, connection: Connection, database_address: DatabaseAddress
) -> None:
    job = noting()
    here = enqueuing(container, job)
    dead = await here.enqueue(job, key="k")
    await connection.execute(_DIE, dead)
    await here.enqueue(job, key="k")
    done = await manage(database_address, "jobs", "retry", str(dead))
    assert (done.exit_code, done.stdout) == (
        1,
        "the job is running, does not exist, or a newer job with its key is waiting\n",
    )


async def test_doctor_reports_dead_jobs_and_jobs_without_a_handler(
    container: Container, connection: Connection
) -> None:
    is_dead, is_late = INVARIANTS
    job = noting()
    here = enqueuing(container, job)
    dead = await here.enqueue(job)
    await connection.execute(_DIE, dead)
    await here.enqueue(job)
    await here.enqueue(job, run_at=datetime.now(UTC) + timedelta(hours=1))
    assert await connection.fetch(is_late.find) == []
    late = await here.enqueue(job, run_at=datetime.now(UTC) - timedelta(minutes=6))
    assert await connection.fetch(is_late.find) == []
    await connection.execute("UPDATE job SET created_at = run_at WHERE id = $1", late)
    ((_, detail),) = await connection.fetch(is_dead.find)
    assert detail == f"job {dead} (noting) failed 10 times: ValueError: too bad"
    ((owner, detail),) = await connection.fetch(is_late.find)
    assert owner == late
    assert detail.startswith(f"job {late} (noting) waits since ")


async def test_doctor_reports_a_job_of_a_killed_process_that_no_process_takes_over(
    container: Container, connection: Connection
) -> None:
    _, is_late = INVARIANTS
    job = noting()
    lost = await enqueuing(container, job).enqueue(job)
    await connection.execute(
        "UPDATE job SET run_at = now() - interval '1 hour', created_at = now() - interval '1 hour'"
    )
    await claim(connection, {"default": 8}, [job.name], uuid4())
    assert await connection.fetch(is_late.find) == []
    await connection.execute("UPDATE job SET leased_until = now() - interval '6 minutes'")
    ((_, detail),) = await connection.fetch(is_late.find)
    assert detail.startswith(f"job {lost} (noting) waits since ")


async def _run_at(connection: Connection) -> str:
    run_at: datetime = await connection.fetchval("SELECT run_at FROM job WHERE state = 'dead'")
    return f"{run_at:%Y-%m-%d %H:%M:%S%z}"
