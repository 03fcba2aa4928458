"""A module of the fault battery: subscribers that note each event, and jobs that note each run.

The servers of a run are started in a copy of the project that has this folder among its modules.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import random
from uuid import UUID

from pydantic import BaseModel

from app.modules.jobs_module.extension import Job, JobContext, Jobs
from app.modules.streams_module.extension import Event, Handle, Subscriber, SubscriberContext
from app.utils.module import Module

_LONGEST_DELAY = 8
"""Seconds from a message to its job."""
_FAILS = 0.005
"""The probability that the failing subscriber raises after it has noted its events."""
# No key: an event that is handled twice has to be visible. `place` is the order of noting.
TABLE = """
CREATE TABLE {0} (place bigint GENERATED ALWAYS AS IDENTITY, stream_id uuid, seq bigint, at timestamptz,
                  noted_at timestamptz DEFAULT clock_timestamp())
"""
_NOTE = """
INSERT INTO {0} (stream_id, seq, at)
SELECT new.stream_id, new.seq, new.at FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[])
    WITH ORDINALITY AS new(stream_id, seq, at, place) ORDER BY place
"""
JOB_TABLES = """
CREATE TABLE battery_attempts (stream_id uuid, seq bigint, due_at timestamptz, at timestamptz);
CREATE TABLE battery_reminders (stream_id uuid, seq bigint, job_id uuid, PRIMARY KEY (stream_id, seq))
"""
_ATTEMPT = "INSERT INTO battery_attempts VALUES ($1, $2, $3, clock_timestamp())"
_REMIND = "INSERT INTO battery_reminders VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"


class Reminder(BaseModel):
    chat_id: UUID
    seq: int
    due_at: datetime


async def remind(context: JobContext, reminder: Reminder) -> None:
    """Note the attempt first, then the reminder by its key."""
    async with context.unit_of_work() as work:
        await (await work.raw()).execute(_ATTEMPT, reminder.chat_id, reminder.seq, reminder.due_at)
    async with context.unit_of_work() as work:
        await (await work.raw()).execute(_REMIND, reminder.chat_id, reminder.seq, context.job_id)


REMIND = Job("battery.remind", Reminder, remind)


def has_reminder(seq: int) -> bool:
    """Returns True if a job follows the message of this event: one message of twenty, about 15 jobs a second."""
    return seq % 20 == 5


def table_of(subscriber: Subscriber) -> str:
    return subscriber.name.replace(".", "_")


async def _note(name: str, context: SubscriberContext, events: Sequence[Event]) -> None:
    statement = _NOTE.format(name.replace(".", "_"))
    columns = ([event.stream_id for event in events], [event.seq for event in events], [event.at for event in events])
    await (await context.work.raw()).execute(statement, *columns)


def _noting(name: str) -> Handle:
    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        await _note(name, context, events)

    return handle


async def _fail_now_and_then(context: SubscriberContext, events: Sequence[Event]) -> None:
    await _note("battery.failing", context, events)
    if random() < _FAILS:
        raise RuntimeError("now and then it fails")


async def _enqueue(context: SubscriberContext, events: Sequence[Event]) -> None:
    """Enqueue the jobs. The key of a reminder is the sequence number of its message's event."""
    await _note("battery.reminding", context, events)
    for event in events:
        if has_reminder(event.seq):
            due_at = event.at + timedelta(seconds=event.seq % _LONGEST_DELAY + 1)
            reminder = Reminder(chat_id=event.stream_id, seq=event.seq, due_at=due_at)
            key = f"{event.stream_id} {event.seq}"
            await context.container.get(Jobs).enqueue(context.work, REMIND, reminder, key=key, run_at=due_at)


SUBSCRIBERS = (
    Subscriber("battery.messages", ("message.created",), _noting("battery.messages")),
    Subscriber(
        "battery.all",
        ("message.*", "reaction.*", "member.*", "chat.*", "read.*", "account.*"),
        _noting("battery.all"),
        start="first",
    ),
    Subscriber("battery.failing", ("message.*", "member.*"), _fail_now_and_then, on_failure="stop"),
    Subscriber("battery.reminding", ("message.created",), _enqueue),
)

module = Module(
    name="battery",
    description="What the fault battery looks at: subscribers and jobs that note what they do",
    depends_on=("streams", "messages", "jobs"),
    contributes=(*SUBSCRIBERS, REMIND),
)
