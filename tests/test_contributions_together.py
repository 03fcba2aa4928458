"""One module contributes a field, a subscriber and a job: from the request to the effect, each exactly once."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.fastapi_engine import constructor
from app.fastapi_engine.constructor import build_app
from app.modules.jobs_module.extension import Job, JobContext, Jobs
from app.modules.messages_module.extension import MessagePart
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.settings import Settings
from app.utils.module import Module
from app.utils.setup_modules import discover_modules
from tests.fakers import FakeClient, eventually
from tests.servers import served


class Alarm(BaseModel):
    chat_id: UUID
    seq: int


async def sound(context: JobContext, alarm: Alarm) -> None:
    async with context.unit_of_work() as work:
        raw = await work.raw()
        await raw.execute("INSERT INTO sounded (chat_id, seq) VALUES ($1, $2)", alarm.chat_id, alarm.seq)


SOUND = Job("alarms.sound", Alarm, sound)


async def note(context: SubscriberContext, events: Sequence[Event]) -> None:
    """An urgent message sounds an alarm: by a job that is durable with the cursor."""
    for event in events:
        await context.connection.execute("INSERT INTO noted (seq) VALUES ($1)", event.data["seq"])
        if event.data["urgency"] == "urgent":
            alarm = Alarm(chat_id=context.stream_id, seq=event.data["seq"])
            await context.container.get(Jobs).enqueue(context.work, SOUND, alarm, key=f"{alarm.chat_id} {alarm.seq}")


Urgency = Literal["usual", "urgent"]
MODULE = Module(
    name="alarms",
    description="Alarms of urgent messages",
    depends_on=("messages", "jobs"),
    contributes=(
        MessagePart("urgency", Urgency, Urgency, empty="usual"),
        Subscriber("alarms", ("message.created",), note),
        SOUND,
    ),
)


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    known = discover_modules()
    monkeypatch.setattr(constructor, "discover_modules", lambda: known | {"alarms": MODULE})
    return build_app(settings)


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with served(app) as http:
        yield http


@pytest.fixture
async def connection(app: FastAPI, server: httpx.AsyncClient) -> AsyncIterator[Connection]:
    connection = await app.state.container.get(Database).connect()
    await connection.execute("CREATE TABLE noted (seq bigint)")
    await connection.execute("CREATE TABLE sounded (chat_id uuid, seq bigint)")
    yield connection
    await connection.close()


async def test_an_urgent_message_sounds_one_alarm(anna: FakeClient, club: str, connection: Connection) -> None:
    async def is_registered() -> bool:
        return bool(await connection.fetchval("SELECT is_registered FROM subscriber WHERE name = 'alarms'"))

    await eventually(is_registered)
    for urgency in ("usual", "urgent", "usual", "urgent"):
        await anna.send(club, "Пожар?", urgency=urgency)

    async def are_handled() -> bool:
        noted = await connection.fetchval("SELECT count(*) FROM noted")
        return bool(noted == 4 and not await connection.fetchval("SELECT count(*) FROM job"))

    await eventually(are_handled)
    assert [row["seq"] for row in await connection.fetch("SELECT seq FROM noted")] == [1, 2, 3, 4]
    assert sorted(row["seq"] for row in await connection.fetch("SELECT seq FROM sounded")) == [2, 4]
