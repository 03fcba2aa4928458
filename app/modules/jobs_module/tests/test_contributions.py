"""Jobs, lanes and schedules that modules contribute run in the application. A subscriber enqueues a job."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.modules.jobs_module.extension import Job, Jobs, Lane, Schedule
from app.modules.jobs_module.services.contributions import check_contributions
from app.modules.jobs_module.tests.sample_jobs import NOTED, Text, noting, texts
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.settings import Settings
from app.utils.container import Container
from app.utils.module import Module, Modules, ModulesError
from tests.fakers import FakeClient
from tests.servers import served
from tests.waiting import until

NOTES = noting(lane="narrow")
PERIODIC = noting("periodic")


async def _enqueue(context: SubscriberContext, events: Sequence[Event]) -> None:
    for event in events:
        await context.container.get(Jobs).enqueue(context.work, NOTES, Text(text=event.data["text"]))


MODULE = Module(
    name="trial",
    description="Notes each message, later",
    depends_on=("streams", "jobs"),
    contributes=(
        NOTES,
        PERIODIC,
        Lane("narrow", 1),
        Schedule(PERIODIC, timedelta(hours=1)),
        Subscriber("trial", ("message.created",), _enqueue),
    ),
)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    app = build_app(settings)
    container: Container = app.state.container
    container.replace(Modules, Modules((*container.get(Modules), MODULE)))
    return app


@pytest.fixture
async def connection(app: FastAPI) -> AsyncIterator[Connection]:
    """A connection that creates the table of notes before the application starts."""
    connection = await app.state.container.get(Database).connect()
    await connection.execute(NOTED)
    yield connection
    await connection.close()


async def test_a_subscriber_enqueues_jobs_and_a_schedule_runs(app: FastAPI, connection: Connection) -> None:
    async with served(app) as http:
        anna = await FakeClient.sign_up(http, "anna", "Анна")
        chat = await anna.open_chat(title="Клуб")
        await until(connection, "SELECT count(*) > 0 FROM subscriber WHERE name = 'trial' AND is_registered")
        for number in range(3):
            await anna.send(chat, str(number))
        await until(connection, "SELECT count(*) = 4 FROM noted")
    assert sorted(await texts(connection)) == ["0", "1", "2", "periodic"]


async def _idle(*_: object) -> None:
    pass


class Address(BaseModel):
    address: str


DEMANDING = Job("demanding", Address, _idle)


@pytest.mark.parametrize(
    ("contributes", "reason"),
    [
        ((noting(lane="nowhere"),), "the job 'noting' names the lane 'nowhere', which no module contributes"),
        ((Lane("default", 9),), "the lane 'default' is reserved"),
        ((Lane("closed", 0),), "the lane 'closed' has no room for a job"),
        ((Schedule(PERIODIC, 60),), "a schedule names the job 'periodic', which no module contributes"),
        ((PERIODIC, Schedule(PERIODIC, 0.5)), "the period of the job 'periodic' is shorter than 1 s"),
        ((DEMANDING, Schedule(DEMANDING, 60)), "the job 'demanding' has a schedule, and its payload has a field"),
    ],
)
def test_what_could_never_run_stops_the_start(contributes: tuple[object, ...], reason: str) -> None:
    """In the loop that enqueues due jobs, it would keep the schedules of all other modules from running."""
    with pytest.raises(ModulesError, match=reason):
        check_contributions(Modules([Module(name="trial", description="", contributes=contributes)]))
