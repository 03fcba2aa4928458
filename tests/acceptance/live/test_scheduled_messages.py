"""Scheduled messages over three processes that are killed again and again: each is sent exactly once.

`MESSENGER_LIVE_SCALE` multiplies the messages and the time in which they are due (the gate's form is 1). With `-s` the
test prints how late they were."""

import asyncio
import os
import sys
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from tests.databases import clone, drop
from tests.fakers import FakeClient, eventually, ok
from tests.server_processes import ServerProcess

SEED = int(os.environ.get("MESSENGER_LIVE_SEED", "20"))
SCALE = int(os.environ.get("MESSENGER_LIVE_SCALE", "1"))
MESSAGES, SECONDS = 150 * SCALE, 15 * SCALE
USERS, PROCESSES = 10, 3
KILL_EVERY = 5.0
_LATENESS = """
SELECT extract(epoch FROM m.created_at - due.send_at)::float8 AS seconds
FROM unnest($1::uuid[], $2::timestamptz[]) AS due(client_msg_id, send_at)
JOIN message m ON m.client_msg_id = due.client_msg_id
"""


async def kill_in_turn(servers: list[ServerProcess], random: Random, stop: asyncio.Event) -> int:
    """Kills one process after the other, and starts it again. Returns how often."""
    kills = 0
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), KILL_EVERY)
            break
        server = random.choice(servers)
        server.process.kill()
        await asyncio.to_thread(server.process.wait)
        kills += 1
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(server.wait_until_ready)
    return kills


@pytest.mark.parametrize("is_killed", [True, False])
async def test_each_message_is_sent_exactly_once(is_killed: bool, template: DatabaseAddress, tmp_path: Path) -> None:
    database, random = await clone(template), Random(SEED)
    servers = [ServerProcess(database, tmp_path / f"{number}.log") for number in range(PROCESSES)]
    connection = await asyncpg.connect(**database.connect_arguments())
    try:
        for server in servers:
            await asyncio.to_thread(server.wait_until_ready)
        # Without kills there is less to wait for. The large form measures both alike.
        lead, seconds = (10, SECONDS) if is_killed or SCALE > 1 else (6, 5)
        due = await schedule_all(servers[0], random, lead, seconds)
        stop = asyncio.Event()
        killing = asyncio.create_task(kill_in_turn(servers, random, stop)) if is_killed else None

        async def are_all_sent() -> bool:
            return not await connection.fetchval("SELECT count(*) FROM scheduled_message")

        await eventually(are_all_sent, 3 * seconds + 180)
        stop.set()
        kills = await killing if killing else 0
        sent = Counter(row["client_msg_id"] for row in await connection.fetch("SELECT client_msg_id FROM message"))
        assert sent == Counter(due.keys())
        events = await connection.fetch("SELECT data->>'client_msg_id' AS id FROM event WHERE kind = 'scheduled.sent'")
        assert sorted(row["id"] for row in events) == sorted(map(str, due))
        rows = await connection.fetch(_LATENESS, list(due), list(due.values()))
        late = sorted(row["seconds"] for row in rows)
        assert late[0] >= 0
        figures = (late[len(late) // 2], late[len(late) * 99 // 100], late[-1])
        # Shown with `-s`, or if the test fails.
        sys.stdout.write(f"\n{len(late)} messages, {kills} kills, late by (median, p99, maximum): {figures}\n")
    finally:
        await connection.close()
        for server in servers:
            await asyncio.to_thread(server.stop)
        await drop(database)


async def schedule_all(server: ServerProcess, random: Random, lead: int, seconds: int) -> dict[UUID, datetime]:
    """Schedules all messages, each for a random time of these seconds, which begin after the lead. Returns the times by
    client_msg_id."""
    async with httpx.AsyncClient(base_url=f"http://{server.address}", timeout=60) as http:
        users = [await FakeClient.sign_up(http) for _ in range(USERS)]
        chats = [await user.open_chat(*users[:2]) for user in users]
        due: dict[UUID, datetime] = {}

        async def schedule_some(place: int) -> None:
            for _ in range(MESSAGES // USERS):
                client_msg_id, wait = uuid4(), lead + random.uniform(0, seconds)
                due[client_msg_id] = send_at = datetime.now(UTC) + timedelta(seconds=wait)
                body = {"client_msg_id": str(client_msg_id), "text": "Привет", "send_at": send_at.isoformat()}
                ok(await users[place].post(f"/chats/{chats[place]}/scheduled", body))

        await asyncio.gather(*(schedule_some(place) for place in range(USERS)))
    return due
