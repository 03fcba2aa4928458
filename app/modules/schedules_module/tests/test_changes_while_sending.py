"""A scheduled message is edited, moved or cancelled at the moment of its sending."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.modules.schedules_module.tests.scheduling import (
    after,
    bring_forward,
    make_due,
    path_of,
    run,
    schedule,
    texts_of,
    until_ended,
)
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok, problem
from tests.waiting import until_waiting

CHANGES = [
    ("PATCH", {"text": "Новый"}, ["Новый"]),
    ("PATCH", {"send_at": "2100-01-01T00:00:00Z"}, []),
    ("DELETE", None, []),
]


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("method", "body", "sent"), CHANGES, ids=["edited", "moved", "cancelled"])
async def test_a_change_that_comes_before_the_sending_holds_and_one_that_comes_after_it_is_refused(
    anna: FakeClient,
    club: str,
    container: Container,
    connection: Connection,
    method: str,
    body: dict[str, Any] | None,
    sent: list[str],
    is_first: bool,
) -> None:
    scheduled = await schedule(anna, club, "Прежний")
    await make_due(container, scheduled)
    async with connection.transaction():
        # They get it in the order in which they wait for it.
        await connection.execute("SELECT FROM scheduled_message WHERE id = $1 FOR UPDATE", UUID(scheduled["id"]))
        if not is_first:
            assert await run(container, anna, scheduled)
            await until_waiting(container, 1)
        changing = asyncio.create_task(anna.call(method, path_of(club, scheduled), body))
        if is_first:
            await until_waiting(container, 1)
            assert await run(container, anna, scheduled)
        await until_waiting(container, 2)
    if is_first:
        ok(await changing)
    else:
        problem(await changing, 409, "conflict")

    async def has_run() -> bool:
        return await rows(container, "SELECT FROM job WHERE name = 'schedules.send' AND state = 'running'") == []

    await eventually(has_run)
    assert await texts_of(anna, club) == (sent if is_first else ["Прежний"])


async def test_a_message_that_is_moved_again_and_again_is_sent_once(
    anna: FakeClient, club: str, container: Container
) -> None:
    async def race(number: int, scheduled: dict[str, Any]) -> None:
        assert await bring_forward(container, anna, scheduled)
        await asyncio.sleep(number * 0.003)
        for delay in (3600.0, 0.3, 3600.0, 0.5):
            # The time may pass while the request waits for the others, or the request gives up.
            async with asyncio.timeout(60):
                status = 422
                while status in (422, 503):
                    status = (await anna.patch(path_of(club, scheduled), {"send_at": after(delay)})).status_code
            assert status in (200, 404, 409)

    added = [await schedule(anna, club, f"{number}") for number in range(10)]
    await asyncio.gather(*(race(*each) for each in enumerate(added)))
    await until_ended(anna, 10)
    assert sorted(await texts_of(anna, club)) == sorted(f"{number}" for number in range(10))
