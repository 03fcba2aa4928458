"""What subscribers and jobs did during a run, read from the tables of `battery_module`."""

import asyncio
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.adapters.db.connection import Connection
from tests.faults import battery_module
from tests.faults.battery_module.module import JOB_TABLES, SUBSCRIBERS, TABLE, has_reminder, table_of
from tests.faults.truth import Truth

_TIMEOUT = 60.0
"""Seconds without a new row after which the wait for more ends."""
_POLL_PERIOD = 0.2


class Noted(NamedTuple):
    """An event that a subscriber has handled."""

    stream: str
    seq: int
    at: datetime
    noted_at: datetime


class Attempt(NamedTuple):
    """An attempt to run the job that belongs to a message's event."""

    stream: str
    seq: int
    due_at: datetime
    at: datetime


@dataclass
class Background:
    """All that was noted. `noted` is in the order of noting."""

    noted: dict[str, list[Noted]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    reminders: list[tuple[str, int]] = field(default_factory=list)


def add_module(project: Path) -> None:
    """Adds `battery_module` to the modules of a copy of the project."""
    (source,) = battery_module.__path__
    shutil.copytree(source, project / "app" / "modules" / "battery_module")


async def prepare(connection: Connection) -> None:
    """Create the tables and wait until the subscribers are registered: events from now on must be handled."""
    for subscriber in SUBSCRIBERS:
        await connection.execute(TABLE.format(table_of(subscriber)))
    await connection.execute(JOB_TABLES)
    registered = "SELECT count(*) FROM subscriber WHERE name LIKE 'battery.%' AND is_registered"
    while await connection.fetchval(registered) < len(SUBSCRIBERS):  # noqa: ASYNC110 - there is no notification
        await asyncio.sleep(_POLL_PERIOD)


def expected(truth: Truth) -> dict[str, list[tuple[str, int]]]:
    """Returns stream and sequence number of each event that a subscriber must handle."""
    return {
        subscriber.name: [
            (stream, event.seq) for stream, log in truth.events.items() for event in log if subscriber.wants[event.kind]
        ]
        for subscriber in SUBSCRIBERS
    }


def expected_reminders(truth: Truth) -> list[tuple[str, int]]:
    """Returns stream and sequence number of each event that has a job."""
    return [
        (stream, event.seq)
        for stream, log in truth.events.items()
        for event in log
        if event.kind == "message.created" and has_reminder(event.seq)
    ]


async def until_done(connection: Connection, truth: Truth) -> None:
    """Wait until everything is handled, or until nothing new has come for `_TIMEOUT`."""
    counts = [f"(SELECT count(*) FROM {table_of(subscriber)})" for subscriber in SUBSCRIBERS]  # noqa: S608 - our names
    counts.append("(SELECT count(*) FROM battery_reminders)")
    statement = f"SELECT {' + '.join(counts)}"
    waited_for = sum(map(len, expected(truth).values())) + len(expected_reminders(truth))
    before = done = -1
    while done < waited_for:
        deadline = asyncio.get_running_loop().time() + _TIMEOUT
        while done <= before:
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(_POLL_PERIOD)
            done = await connection.fetchval(statement)
        before = done


async def read_background(connection: Connection) -> Background:
    background = Background()
    for subscriber in SUBSCRIBERS:
        rows = await connection.fetch(
            f"SELECT stream_id, seq, at, noted_at FROM {table_of(subscriber)} ORDER BY place"  # noqa: S608 - our names
        )
        background.noted[subscriber.name] = [Noted(str(row["stream_id"]), *list(row.values())[1:]) for row in rows]
    for row in await connection.fetch("SELECT stream_id, seq, due_at, at FROM battery_attempts ORDER BY at"):
        background.attempts.append(Attempt(str(row["stream_id"]), *list(row.values())[1:]))
    for row in await connection.fetch("SELECT stream_id, seq FROM battery_reminders"):
        background.reminders.append((str(row["stream_id"]), row["seq"]))
    return background


def repeated(background: Background) -> int:
    """Returns how many jobs ran more than once."""
    return sum(
        count > 1 for count in Counter((attempt.stream, attempt.seq) for attempt in background.attempts).values()
    )
