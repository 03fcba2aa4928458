"""Periodic jobs run once per period in the whole installation."""

from datetime import timedelta

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.jobs_module.extension import Jobs, Schedule
from app.modules.jobs_module.services.schedules import Schedules
from app.modules.jobs_module.tests.sample_jobs import noting, process, texts, until_empty
from app.utils.container import Container
from tests.waiting import until

_HOUR = timedelta(hours=1)
_IS_DUE = "UPDATE job_schedule SET next_at = now() - interval '5 hours' WHERE name = 'noting'"


async def test_processes_run_a_periodic_job_once_and_skip_the_missed_periods(
    container: Container, connection: Connection
) -> None:
    job = noting()
    schedule = Schedule(job, _HOUR)
    async with process(container, job, schedules=[schedule]), process(container, job, schedules=[schedule]):
        # A new schedule is due at once.
        await until(connection, "SELECT count(*) = 1 FROM noted")
        # A period is skipped while the previous run has not ended.
        await until_empty(connection)
        await connection.execute(_IS_DUE)
        await until(connection, "SELECT count(*) = 2 FROM noted")
        await until_empty(connection)
    assert await connection.fetchval(
        "SELECT next_at > now() AND next_at <= now() + interval '1 hour' FROM job_schedule WHERE name = 'noting'"
    )
    assert await texts(connection) == ["periodic", "periodic"]


async def test_many_processes_at_once_enqueue_one_scheduled_job(container: Container, connection: Connection) -> None:
    job = noting()
    processes = [Schedules(container.get(Database), Jobs([job]), [Schedule(job, _HOUR)]) for _ in range(4)]
    for schedules in processes:
        await schedules.register()
    for schedules in processes:
        await schedules.enqueue_due()
    assert await connection.fetchval("SELECT count(*) FROM job") == 1
    # The previous run has not ended, so this period is skipped.
    await connection.execute(_IS_DUE)
    await processes[0].enqueue_due()
    assert await connection.fetchval("SELECT count(*) FROM job") == 1
    assert await connection.fetchval("SELECT next_at > now() FROM job_schedule WHERE name = 'noting'")


async def test_a_shortened_period_takes_effect_at_once(container: Container, connection: Connection) -> None:
    job = noting()
    for every in (_HOUR, timedelta(minutes=1)):
        schedules = Schedules(container.get(Database), Jobs([job]), [Schedule(job, every)])
        await schedules.register()
        await schedules.enqueue_due()
    assert await connection.fetchval(
        "SELECT next_at <= now() + interval '1 minute' FROM job_schedule WHERE name = 'noting'"
    )
