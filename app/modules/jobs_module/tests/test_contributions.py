"""Jobs, lanes and schedules that modules contribute run in the application. A subscriber enqueues a job."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.modules.jobs_module.extension import Jobs, Lane, Schedule
from app.modules.jobs_module.tests.sample_jobs import NOTED, Text, noting, texts, until
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.settings import Settings
from app.utils.container import Container
from app.utils.module import Module, Modules
from tests.fakers import FakeClient
from tests.servers import served

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
